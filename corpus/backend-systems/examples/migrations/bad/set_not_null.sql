-- squawk: adding-not-nullable-field
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
