-- squawk: changing-column-type
ALTER TABLE orders ALTER COLUMN total TYPE bigint;
