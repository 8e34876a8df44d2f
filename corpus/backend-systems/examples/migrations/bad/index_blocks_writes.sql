-- squawk: require-concurrent-index-creation, require-lock-timeout
CREATE INDEX orders_customer ON orders (customer_id);
