// Package store keeps orders in PostgreSQL and single orders in Redis.
package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

// ErrNotFound says that there is no order with that id.
var ErrNotFound = errors.New("order not found")

const pageSize = 50

// Order is one order with its lines.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Status   string `json:"status"`
	Lines    []Line `json:"lines"`
}

// Line is one position of an order.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Orders reads and writes orders.
type Orders struct {
	pool  *pgxpool.Pool
	cache *redis.Client
}

// New returns a store on the pool and the cache.
func New(pool *pgxpool.Pool, cache *redis.Client) *Orders {
	return &Orders{pool: pool, cache: cache}
}

// List returns one page of orders, newest first.
func (o *Orders) List(ctx context.Context, page int) ([]Order, error) {
	rows, err := o.pool.Query(ctx,
		"SELECT id, customer, status FROM orders ORDER BY created_at DESC LIMIT $1 OFFSET $2", pageSize, page*pageSize)
	if err != nil {
		return nil, err
	}
	orders, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Order, error) {
		var order Order
		return order, row.Scan(&order.ID, &order.Customer, &order.Status)
	})
	if err != nil {
		return nil, err
	}
	for i := range orders {
		if orders[i].Lines, err = o.lines(ctx, orders[i].ID); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// Get returns one order, from the cache when it is there.
func (o *Orders) Get(ctx context.Context, id string) (Order, error) {
	var order Order
	cached, err := o.cache.Get(ctx, "order:"+id).Bytes()
	if err == nil {
		return order, json.Unmarshal(cached, &order)
	}
	if !errors.Is(err, redis.Nil) {
		return order, err
	}
	row := o.pool.QueryRow(ctx, "SELECT id, customer, status FROM orders WHERE id = $1", id)
	if err := row.Scan(&order.ID, &order.Customer, &order.Status); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return order, ErrNotFound
		}
		return order, err
	}
	if order.Lines, err = o.lines(ctx, id); err != nil {
		return order, err
	}
	encoded, err := json.Marshal(order)
	if err != nil {
		return order, err
	}
	return order, o.cache.Set(ctx, "order:"+id, encoded, 0).Err()
}

// Create stores a new order with its lines.
func (o *Orders) Create(ctx context.Context, order *Order) error {
	row := o.pool.QueryRow(ctx, "INSERT INTO orders (customer, status) VALUES ($1, 'open') RETURNING id, status", order.Customer)
	if err := row.Scan(&order.ID, &order.Status); err != nil {
		return err
	}
	for _, line := range order.Lines {
		_, err := o.pool.Exec(ctx, "INSERT INTO order_lines (order_id, sku, quantity) VALUES ($1, $2, $3)", order.ID, line.SKU, line.Quantity)
		if err != nil {
			return err
		}
	}
	return nil
}

// MarkPaid sets an order to paid.
func (o *Orders) MarkPaid(ctx context.Context, id string) error {
	_, err := o.pool.Exec(ctx, "UPDATE orders SET status = 'paid' WHERE id = $1", id)
	return err
}

func (o *Orders) lines(ctx context.Context, id string) ([]Line, error) {
	rows, err := o.pool.Query(ctx, "SELECT sku, quantity FROM order_lines WHERE order_id = $1", id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
}
