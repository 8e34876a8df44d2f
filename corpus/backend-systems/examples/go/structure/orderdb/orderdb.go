// Package orderdb keeps orders in PostgreSQL.
package orderdb

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gnomon.example/examples/structure/order"
)

// region: dbtx
// conn is what a pool and a transaction have in common.
type conn interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// endregion: dbtx

// Store implements order.Store on a pool or inside a transaction.
type Store struct{ db conn }

// region: assert
var _ order.Store = (*Store)(nil) // a missing method is a compile error here, not in main
// endregion: assert

// New takes a *pgxpool.Pool, a *pgx.Conn or a pgx.Tx.
func New(db conn) *Store { return &Store{db} }

// region: in-tx
// InTx gives work a Store that is bound to one transaction.
func (s *Store) InTx(ctx context.Context, work func(order.Store) error) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		return work(&Store{tx})
	})
}

// endregion: in-tx

// TakeStock implements order.Store.
func (s *Store) TakeStock(ctx context.Context, sku string, quantity int) error {
	tag, err := s.db.Exec(ctx, "UPDATE stock SET quantity = quantity - $2 WHERE sku = $1 AND quantity >= $2", sku, quantity)
	if err == nil && tag.RowsAffected() == 0 {
		return order.ErrOutOfStock
	}
	return err
}

// Save implements order.Store.
func (s *Store) Save(ctx context.Context, placed order.Order) error {
	_, err := s.db.Exec(ctx, "INSERT INTO orders (id, sku, quantity) VALUES ($1, $2, $3)", placed.ID, placed.SKU, placed.Quantity)
	return err
}
