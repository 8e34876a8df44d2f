-- Changes of a live table: what rewrites it, what scans it, and how to do neither.
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL, note varchar(20), total integer NOT NULL);
CREATE TABLE customers (id bigint PRIMARY KEY);
INSERT INTO customers SELECT generate_series(1, 100);
INSERT INTO orders (customer_id, total) SELECT n % 100 + 1, n FROM generate_series(1, 10000) n;
CREATE TABLE file_before AS SELECT pg_relation_filenode('orders') AS node;

ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web';
SELECT pg_relation_filenode('orders') = node FROM file_before;
-- expect: True
ALTER TABLE orders ALTER COLUMN note TYPE varchar(200);
SELECT pg_relation_filenode('orders') = node FROM file_before;
-- expect: True
ALTER TABLE orders ALTER COLUMN note TYPE text;
SELECT pg_relation_filenode('orders') = node FROM file_before;
-- expect: True
ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
SELECT pg_relation_filenode('orders') = node FROM file_before;
-- expect: False
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
-- error: column "note" of relation "orders" contains null values

-- region: not-null
ALTER TABLE orders ADD CONSTRAINT orders_note_set NOT NULL note NOT VALID; -- 18: holds for new rows at once
UPDATE orders SET note = '' WHERE note IS NULL; -- in batches on a large table
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_set; -- reads the table, blocks nobody who writes
-- endregion: not-null
INSERT INTO orders (customer_id, total) VALUES (1, 1);
-- error: null value in column "note" of relation "orders" violates not-null constraint

-- region: foreign-key
ALTER TABLE orders ADD CONSTRAINT orders_customer_fk
    FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID; -- a short lock
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk;         -- reads the table without blocking writes
-- endregion: foreign-key
SELECT convalidated FROM pg_constraint WHERE conname = 'orders_customer_fk';
-- expect: True

ALTER TABLE orders ADD COLUMN number bigint;
UPDATE orders SET number = id;
-- region: unique
CREATE UNIQUE INDEX CONCURRENTLY orders_number_key ON orders (number);
ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE USING INDEX orders_number_key;
-- endregion: unique
SELECT contype::text FROM pg_constraint WHERE conname = 'orders_number_key';
-- expect: u

BEGIN;
CREATE INDEX CONCURRENTLY orders_total ON orders (total);
-- error: CREATE INDEX CONCURRENTLY cannot run inside a transaction block
ROLLBACK;

INSERT INTO orders (customer_id, note, total, number) VALUES (1, '', 5, -5);
UPDATE orders SET total = 7 WHERE id <= 2;
CREATE UNIQUE INDEX CONCURRENTLY orders_total_key ON orders (total);
-- error: could not create unique index "orders_total_key"
-- region: invalid-index
SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;
-- endregion: invalid-index
-- expect: orders_total_key
DROP INDEX CONCURRENTLY orders_total_key;

-- region: widen-step-1
ALTER TABLE orders ADD COLUMN total_big bigint;
CREATE FUNCTION copy_total() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN new.total_big := new.total; RETURN new; END; $$;
CREATE TRIGGER copy_total BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION copy_total();
-- endregion: widen-step-1
INSERT INTO orders (customer_id, note, total, number) VALUES (1, '', 99, -6) RETURNING total_big;
-- expect: 99
-- region: widen-step-2
UPDATE orders SET total_big = total WHERE total_big IS NULL; -- in batches
BEGIN;
SET LOCAL lock_timeout = '2s';
DROP TRIGGER copy_total ON orders;
ALTER TABLE orders RENAME COLUMN total TO total_old;
ALTER TABLE orders RENAME COLUMN total_big TO total;
ALTER TABLE orders ALTER COLUMN total_old DROP NOT NULL;
COMMIT;
-- endregion: widen-step-2
INSERT INTO orders (customer_id, note, total, number) VALUES (1, '', 3000000000, -7) RETURNING total;
-- expect: 3000000000
