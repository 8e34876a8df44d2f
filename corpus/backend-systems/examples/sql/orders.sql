-- Indexes and the queries that they serve, on 200,000 orders.
CREATE EXTENSION pg_trgm;
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id integer NOT NULL,
    customer_id integer NOT NULL,
    status text NOT NULL,
    email text NOT NULL,
    total numeric(12, 2) NOT NULL,
    created_at timestamptz NOT NULL
);
INSERT INTO orders (tenant_id, customer_id, status, email, total, created_at)
SELECT n % 5, n % 5000, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END, 'User' || n || '@example.com', n % 300,
       timestamptz '2026-01-01' + n * interval '1 minute'
FROM generate_series(1, 200000) AS n;
ANALYZE orders;

EXPLAIN (COSTS OFF) SELECT * FROM orders WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 20;
-- plan has: Seq Scan

-- region: composite-index
CREATE INDEX orders_customer_created ON orders (customer_id, created_at DESC);
-- endregion: composite-index
EXPLAIN (COSTS OFF) SELECT * FROM orders WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 20;
-- plan has: Index Scan using orders_customer_created
-- plan lacks: Sort

-- region: partial-index
CREATE INDEX orders_open ON orders (created_at) WHERE status = 'open';
-- endregion: partial-index
EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 50;
-- plan has: orders_open
EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE status = 'done' ORDER BY created_at LIMIT 50;
-- plan lacks: orders_open
SELECT pg_relation_size('orders_open') * 20 < pg_relation_size('orders_customer_created');
-- expect: True

-- region: covering-index
CREATE INDEX orders_customer_total ON orders (customer_id) INCLUDE (total);
-- endregion: covering-index
VACUUM (ANALYZE) orders;
EXPLAIN (COSTS OFF) SELECT sum(total) FROM orders WHERE customer_id = 42;
-- plan has: Index Only Scan using orders_customer_total

EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE lower(email) = 'user7@example.com';
-- plan has: Seq Scan
-- region: expression-index
CREATE INDEX orders_email_lower ON orders (lower(email));
-- endregion: expression-index
ANALYZE orders;
EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE lower(email) = 'user7@example.com';
-- plan has: orders_email_lower

EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE email LIKE '%7777@ex%';
-- plan has: Seq Scan
-- region: trigram-index
CREATE INDEX orders_email_trgm ON orders USING gin (email gin_trgm_ops);
-- endregion: trigram-index
EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE email LIKE '%7777@ex%';
-- plan has: orders_email_trgm

-- region: skip-scan
CREATE INDEX orders_tenant_customer ON orders (tenant_id, customer_id);
-- endregion: skip-scan
DROP INDEX orders_customer_created, orders_customer_total;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM orders WHERE customer_id = 42;
-- plan has: orders_tenant_customer
-- plan has: Index Searches: 6

EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE id = 42::numeric;
-- plan has: Seq Scan
EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE id = 42;
-- plan has: Index Only Scan

EXPLAIN (COSTS OFF) SELECT id FROM orders WHERE id = 7 OR id = 9;
-- plan has: ANY

-- region: explain
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM orders WHERE tenant_id = 3 AND customer_id = 43;
-- endregion: explain
-- plan has: Buffers: shared
-- plan has: Index Searches
-- plan has: actual time
EXPLAIN ANALYZE SELECT id FROM orders WHERE tenant_id = 3 AND customer_id = 43;
-- plan has: Buffers: shared

-- region: cte-inline
EXPLAIN (COSTS OFF) WITH recent AS (SELECT * FROM orders) SELECT id FROM recent WHERE id = 7;
-- endregion: cte-inline
-- plan has: Index Only Scan
EXPLAIN (COSTS OFF) WITH recent AS MATERIALIZED (SELECT * FROM orders) SELECT id FROM recent WHERE id = 7;
-- plan has: Seq Scan
