-- Joins, NULL, batches, locks and statistics.
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE blocked (customer_id integer);
INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO blocked VALUES (7), (NULL);
ANALYZE;

-- region: not-in-null
SELECT count(*) FROM customers WHERE id NOT IN (SELECT customer_id FROM blocked);
-- endregion: not-in-null
-- expect: 0
-- region: not-exists
SELECT count(*) FROM customers AS c
WHERE NOT EXISTS (SELECT FROM blocked AS b WHERE b.customer_id = c.id);
-- endregion: not-exists
-- expect: 999

CREATE TABLE payments (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, cents bigint NOT NULL);
-- region: unnest-insert
INSERT INTO payments (customer_id, cents)
SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY[100, 250, 999]);
-- endregion: unnest-insert
SELECT count(*), sum(cents) FROM payments;
-- expect: 3 | 1349

-- region: any-array
SELECT customer_id, cents FROM payments
WHERE customer_id = ANY (ARRAY[1, 3]) ORDER BY customer_id;
-- endregion: any-array
-- expect: 1 | 100
-- expect: 3 | 999

-- region: lateral
SELECT c.id, p.cents FROM customers AS c
CROSS JOIN LATERAL (
    SELECT cents FROM payments WHERE customer_id = c.id ORDER BY id DESC LIMIT 1
) AS p
WHERE c.id <= 3 ORDER BY c.id;
-- endregion: lateral
-- expect: 1 | 100
-- expect: 2 | 250
-- expect: 3 | 999

CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text NOT NULL DEFAULT 'new');
INSERT INTO jobs SELECT FROM generate_series(1, 3);
-- region: skip-locked
UPDATE jobs SET state = 'taken'
WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING id;
-- endregion: skip-locked
-- expect: 1

SHOW lock_timeout;
-- expect: 0
SHOW statement_timeout;
-- expect: 0
SHOW work_mem;
-- expect: 4MB
SHOW random_page_cost;
-- expect: 4
SHOW max_connections;
-- expect: 100
SHOW default_transaction_isolation;
-- expect: read committed

-- region: timeouts
SET lock_timeout = '2s';
SET statement_timeout = '15s';
SET idle_in_transaction_session_timeout = '30s';
-- endregion: timeouts
SET statement_timeout = '50ms';
SELECT pg_sleep(1);
-- error: canceling statement due to statement timeout
RESET statement_timeout;

CREATE TABLE places (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, city text NOT NULL, country text NOT NULL);
INSERT INTO places (city, country) SELECT 'city ' || n % 100, 'country ' || n % 100 / 10 FROM generate_series(1, 50000) AS n;
ANALYZE places;
EXPLAIN SELECT * FROM places WHERE city = 'city 42' AND country = 'country 4';
-- plan matches: rows=[3-7]\d 
-- region: extended-statistics
CREATE STATISTICS places_city_country (dependencies) ON city, country FROM places;
ANALYZE places;
-- endregion: extended-statistics
EXPLAIN SELECT * FROM places WHERE city = 'city 42' AND country = 'country 4';
-- plan matches: rows=[3-7]\d\d 

-- region: spill
SET work_mem = '64kB';
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM places ORDER BY city;
-- endregion: spill
-- plan has: external merge
SET work_mem = '64MB';
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM places ORDER BY city;
-- plan has: quicksort
RESET work_mem;

CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(cents) AS cents FROM payments GROUP BY customer_id;
REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
-- error: cannot refresh materialized view "public.totals" concurrently
-- region: refresh
CREATE UNIQUE INDEX totals_customer ON totals (customer_id);
REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
-- endregion: refresh
SELECT count(*) FROM totals;
-- expect: 3

CREATE EXTENSION pg_stat_statements;
SELECT count(*) FROM customers WHERE name = 'customer 5';
-- region: top-statements
SELECT query, calls, round(mean_exec_time) AS mean_ms, rows
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY total_exec_time DESC LIMIT 10;
-- endregion: top-statements

-- region: who-blocks
SELECT pid, pg_blocking_pids(pid) AS blocked_by, wait_event_type, left(query, 60) AS query
FROM pg_stat_activity
WHERE cardinality(pg_blocking_pids(pid)) > 0;
-- endregion: who-blocks

-- region: dead-rows
SELECT relname, n_live_tup, n_dead_tup, last_autovacuum
FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10;
-- endregion: dead-rows

-- region: unused-indexes
SELECT indexrelname, idx_scan, pg_size_pretty(pg_relation_size(indexrelid)) AS size
FROM pg_stat_user_indexes WHERE idx_scan = 0 ORDER BY pg_relation_size(indexrelid) DESC;
-- endregion: unused-indexes
