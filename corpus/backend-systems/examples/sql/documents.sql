-- Documents in PostgreSQL: containment, paths, partial updates, and rows out of JSON.
CREATE TABLE products (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL);
INSERT INTO products (body)
SELECT jsonb_build_object('name', 'p' || n, 'tags', jsonb_build_array('t' || n % 500), 'price', n % 100)
FROM generate_series(1, 20000) n;

-- region: jsonb-gin
CREATE INDEX products_body ON products USING gin (body jsonb_path_ops);
-- endregion: jsonb-gin
ANALYZE products;
-- region: jsonb-contains
SELECT count(*) FROM products WHERE body @> '{"tags": ["t7"]}';
-- endregion: jsonb-contains
-- expect: 40
EXPLAIN (COSTS OFF) SELECT * FROM products WHERE body @> '{"tags": ["t7"]}';
-- plan has: Bitmap Index Scan on products_body
EXPLAIN (COSTS OFF) SELECT * FROM products WHERE body ->> 'name' = 'p7';
-- plan has: Seq Scan
-- region: jsonb-update
UPDATE products SET body = jsonb_set(body, '{price}', '42') WHERE id = 1;
SELECT body ->> 'price' FROM products WHERE id = 1;
-- endregion: jsonb-update
-- expect: 42
SELECT t.name, t.price FROM products, JSON_TABLE(body, '$' COLUMNS (name text PATH '$.name', price integer PATH '$.price')) t WHERE id = 1;
-- expect: p1 | 42
