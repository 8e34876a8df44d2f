-- name: CreateOrder :one
INSERT INTO orders (customer, cents) VALUES ($1, $2) RETURNING id;

-- name: ListOrders :many
SELECT id, customer, cents FROM orders WHERE customer = $1 ORDER BY id;
