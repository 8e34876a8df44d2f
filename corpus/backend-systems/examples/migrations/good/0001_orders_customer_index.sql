-- +goose NO TRANSACTION
-- +goose Up
SET lock_timeout = '2s';
SET statement_timeout = '30min';
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer ON orders (customer_id);
