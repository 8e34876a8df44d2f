-- Keys, constraints, types, tenancy, soft delete and partitions, on PostgreSQL 18.
CREATE EXTENSION btree_gist;
CREATE ROLE shop_app;

-- region: identity-key
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL DEFAULT uuidv7() UNIQUE, -- what URLs and events show
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- endregion: identity-key
INSERT INTO customers (email) VALUES ('Ann@example.com'), ('bob@example.com');
SELECT uuid_extract_version(public_id), uuid_extract_timestamp(public_id) > now() - interval '1 minute' FROM customers ORDER BY id;
-- expect: 7 | True
-- expect: 7 | True
SELECT (SELECT public_id FROM customers WHERE id = 1) < (SELECT public_id FROM customers WHERE id = 2);
-- expect: True
INSERT INTO customers (id, email) VALUES (7, 'eve@example.com');
-- error: cannot insert a non-DEFAULT value into column "id"

-- region: unique-email
CREATE UNIQUE INDEX customers_email ON customers (lower(email));
-- endregion: unique-email
INSERT INTO customers (email) VALUES ('ANN@example.com');
-- error: duplicate key value violates unique constraint "customers_email"

-- region: foreign-key
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    coupon text,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'shipped')),
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX orders_customer ON orders (customer_id); -- PostgreSQL does not make this one
-- endregion: foreign-key
-- region: cascade
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE, -- a line is part of its order
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku)
);
-- endregion: cascade
INSERT INTO orders (customer_id) VALUES (1);
INSERT INTO order_lines VALUES (1, 'tea', 2);
DELETE FROM customers WHERE id = 1;
-- error: violates RESTRICT setting of foreign key constraint
INSERT INTO order_lines VALUES (1, 'cup', 0);
-- error: violates check constraint "order_lines_quantity_check"

CREATE TABLE reviews (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
-- region: find-unindexed
SELECT c.conrelid::regclass AS child, c.conname
FROM pg_constraint c
WHERE c.contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
      AND (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
);
-- endregion: find-unindexed
-- expect: reviews | reviews_customer_id_fkey

-- region: null-unique
CREATE TABLE prices (
    sku text NOT NULL,
    region text, -- NULL: everywhere
    cents bigint NOT NULL CHECK (cents >= 0),
    UNIQUE NULLS NOT DISTINCT (sku, region)
);
-- endregion: null-unique
INSERT INTO prices VALUES ('tea', NULL, 500);
INSERT INTO prices VALUES ('tea', NULL, 600);
-- error: duplicate key value violates unique constraint
CREATE TABLE prices_plain (sku text, region text, UNIQUE (sku, region));
INSERT INTO prices_plain VALUES ('tea', NULL), ('tea', NULL);
SELECT count(*) FROM prices_plain;
-- expect: 2

SELECT 0.1::float8 + 0.2::float8 = 0.3::float8, 0.1::numeric + 0.2::numeric = 0.3::numeric;
-- expect: False | True
-- region: money
CREATE TABLE invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    amount_minor bigint NOT NULL,           -- cents, yen, fils: the currency's smallest unit
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    tax_rate numeric(6, 5) NOT NULL CHECK (tax_rate BETWEEN 0 AND 1)
);
-- endregion: money
INSERT INTO invoices (amount_minor, currency, tax_rate) VALUES (1999, 'EUR', 0.19);
SELECT round(amount_minor * tax_rate) FROM invoices;
-- expect: 380

-- region: moment
CREATE TABLE meetings (
    starts_at timestamptz NOT NULL,                        -- a moment: what happened, what is due
    local_start timestamp NOT NULL,                        -- what the clock on the wall will say
    zone text NOT NULL DEFAULT 'Europe/Berlin'             -- needed as well for the future
);
-- endregion: moment
SET timezone = 'UTC';
INSERT INTO meetings VALUES ('2026-03-01 09:00+01', '2026-07-01 09:00');
SELECT starts_at AT TIME ZONE 'UTC', local_start AT TIME ZONE zone FROM meetings;
-- expect: 2026-03-01 08:00:00 | 2026-07-01 07:00:00+00:00
SELECT '2026-03-01 09:00+01'::timestamp;
-- expect: 2026-03-01 09:00:00

-- region: no-overlap
CREATE TABLE bookings (
    room_id bigint NOT NULL,
    during tstzrange NOT NULL CHECK (NOT isempty(during)),
    PRIMARY KEY (room_id, during WITHOUT OVERLAPS) -- 18; needs the extension btree_gist
);
-- endregion: no-overlap
INSERT INTO bookings VALUES (1, '[2026-01-01 10:00, 2026-01-01 11:00)');
INSERT INTO bookings VALUES (1, '[2026-01-01 11:00, 2026-01-01 12:00)');
INSERT INTO bookings VALUES (1, '[2026-01-01 10:30, 2026-01-01 10:45)');
-- error: conflicting key value violates exclusion constraint "bookings_pkey"

-- region: generated
CREATE TABLE boxes (
    width_mm integer NOT NULL,
    height_mm integer NOT NULL,
    area_mm2 bigint GENERATED ALWAYS AS (width_mm::bigint * height_mm) STORED
);
CREATE INDEX boxes_area ON boxes (area_mm2);
-- endregion: generated
INSERT INTO boxes VALUES (100, 300);
SELECT area_mm2 FROM boxes;
-- expect: 30000
CREATE TABLE boxes_virtual (w integer, area integer GENERATED ALWAYS AS (w * w));
SELECT attgenerated::text FROM pg_attribute WHERE attrelid = 'boxes_virtual'::regclass AND attname = 'area';
-- expect: v
CREATE INDEX ON boxes_virtual (area);
-- error: indexes on virtual generated columns are not supported

-- region: many-to-many
CREATE TABLE memberships (
    team_id bigint NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('member', 'admin')),
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id, team_id); -- the other direction
-- endregion: many-to-many
INSERT INTO memberships (team_id, user_id, role) SELECT n / 10, n, 'member' FROM generate_series(1, 5000) n;
ANALYZE memberships;
EXPLAIN (COSTS OFF) SELECT team_id FROM memberships WHERE user_id = 42;
-- plan has: memberships_user

-- region: tree
CREATE TABLE categories (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint REFERENCES categories (id),
    name text NOT NULL
);
CREATE INDEX categories_parent ON categories (parent_id);
-- endregion: tree
INSERT INTO categories (parent_id, name) VALUES (NULL, 'drinks'), (1, 'hot'), (2, 'tea'), (2, 'coffee');
-- region: subtree
WITH RECURSIVE below AS (
    SELECT id, name FROM categories WHERE id = 2
    UNION ALL
    SELECT c.id, c.name FROM categories c JOIN below b ON c.parent_id = b.id
) CYCLE id SET is_cycle USING path
SELECT name FROM below WHERE NOT is_cycle ORDER BY name;
-- endregion: subtree
-- expect: coffee
-- expect: hot
-- expect: tea

-- region: audit
CREATE TABLE order_events (
    order_id bigint NOT NULL REFERENCES orders (id),
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    change jsonb NOT NULL
);
CREATE INDEX order_events_order ON order_events (order_id, at);
GRANT INSERT, SELECT ON order_events TO shop_app; -- and neither UPDATE nor DELETE
-- endregion: audit
SET ROLE shop_app;
DELETE FROM order_events;
-- error: permission denied for table order_events
RESET ROLE;

-- region: row-security
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT current_setting('app.tenant')::bigint,
    body text NOT NULL
);
CREATE INDEX notes_tenant ON notes (tenant_id);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY; -- for the owner of the table too
CREATE POLICY own_rows ON notes USING (tenant_id = current_setting('app.tenant')::bigint);
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO shop_app;
-- endregion: row-security
SET ROLE shop_app;
SELECT * FROM notes;
-- error: unrecognized configuration parameter "app.tenant"
SELECT set_config('app.tenant', '1', false);
INSERT INTO notes (body) VALUES ('first');
SELECT set_config('app.tenant', '2', false);
SELECT count(*) FROM notes;
-- expect: 0
INSERT INTO notes (tenant_id, body) VALUES (1, 'smuggled');
-- error: new row violates row-level security policy for table "notes"
RESET ROLE;
SELECT count(*) FROM notes;
-- expect: 1

-- region: soft-delete
CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX accounts_email_live ON accounts (lower(email)) WHERE deleted_at IS NULL;
CREATE VIEW live_accounts AS SELECT id, email FROM accounts WHERE deleted_at IS NULL;
-- endregion: soft-delete
INSERT INTO accounts (email, deleted_at) VALUES ('ann@example.com', now());
INSERT INTO accounts (email) VALUES ('ann@example.com');
SELECT count(*) FROM live_accounts;
-- expect: 1
INSERT INTO accounts (email) VALUES ('Ann@example.com');
-- error: duplicate key value violates unique constraint "accounts_email_live"

-- region: partitions
CREATE TABLE events (
    id uuid NOT NULL DEFAULT uuidv7(),
    at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (at, id) -- has to contain the partition key
) PARTITION BY RANGE (at);
CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2026_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
-- endregion: partitions
INSERT INTO events (at, body) VALUES ('2026-01-15', '{}'), ('2026-02-15', '{}');
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE at >= '2026-02-01' AND at < '2026-02-08';
-- plan has: events_2026_02
-- plan lacks: events_2026_01
INSERT INTO events (at, body) VALUES ('2026-05-01', '{}');
-- error: no partition of relation "events" found for row
CREATE TABLE wrong_key (id bigint PRIMARY KEY, at timestamptz NOT NULL) PARTITION BY RANGE (at);
-- error: unique constraint on partitioned table must include all partitioning columns
-- region: drop-partition
ALTER TABLE events DETACH PARTITION events_2026_01 CONCURRENTLY;
DROP TABLE events_2026_01;
-- endregion: drop-partition
SELECT count(*) FROM events;
-- expect: 1

-- region: json-column
CREATE TABLE webhooks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,                                   -- asked for often: a column
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    customer_ref text GENERATED ALWAYS AS (payload ->> 'customer') STORED
);
CREATE INDEX webhooks_customer ON webhooks (customer_ref);
-- endregion: json-column
INSERT INTO webhooks (kind, payload) VALUES ('paid', '{"customer": "c1"}');
SELECT customer_ref FROM webhooks;
-- expect: c1
INSERT INTO webhooks (kind, payload) VALUES ('paid', '[]');
-- error: violates check constraint "webhooks_payload_check"

CREATE TYPE mood AS ENUM ('good', 'bad');
BEGIN;
ALTER TYPE mood ADD VALUE 'odd';
SELECT 'odd'::mood;
-- error: unsafe use of new value "odd" of enum type mood
ROLLBACK;
ALTER TYPE mood DROP VALUE 'bad';
-- error: dropping an enum value is not implemented

CREATE TABLE imported (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text);
INSERT INTO imported (id, name) VALUES (1, 'a'), (2, 'b');
INSERT INTO imported (name) VALUES ('c');
-- error: duplicate key value violates unique constraint "imported_pkey"
-- region: set-sequence
SELECT setval(pg_get_serial_sequence('imported', 'id'), max(id)) FROM imported;
-- endregion: set-sequence
INSERT INTO imported (name) VALUES ('d') RETURNING id;
-- expect: 3

CREATE TABLE small_ids (id integer PRIMARY KEY);
INSERT INTO small_ids VALUES (2147483648);
-- error: integer out of range

-- region: roles
CREATE ROLE shop_migrate;
CREATE SCHEMA shop AUTHORIZATION shop_migrate;
GRANT USAGE ON SCHEMA shop TO shop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_migrate IN SCHEMA shop
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop_app;
-- endregion: roles
SET ROLE shop_migrate;
CREATE TABLE shop.things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SET ROLE shop_app;
INSERT INTO shop.things DEFAULT VALUES;
DROP TABLE shop.things;
-- error: must be owner of table things
RESET ROLE;
