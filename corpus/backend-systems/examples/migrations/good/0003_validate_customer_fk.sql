BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30min';
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk;
COMMIT;
