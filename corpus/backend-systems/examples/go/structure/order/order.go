package order

import (
	"context"
	"errors"
)

// region: mockgen
//go:generate go run go.uber.org/mock/mockgen@v0.6.0 -source=order.go -destination=mock_test.go -package=order_test

// endregion: mockgen

// Errors that callers tell apart with errors.Is.
var (
	ErrQuantity   = errors.New("quantity has to be positive")
	ErrOutOfStock = errors.New("not enough in stock")
)

// region: core-type
// Order is valid as soon as it exists: only Place makes one with an ID.
type Order struct {
	ID       string
	SKU      string
	Quantity int
}

// endregion: core-type

// region: consumer-interface
// Store is what Service asks of a database, written where it is used.
type Store interface {
	InTx(ctx context.Context, work func(Store) error) error
	TakeStock(ctx context.Context, sku string, quantity int) error
	Save(ctx context.Context, order Order) error
}

// endregion: consumer-interface

// region: return-struct
// Service is a struct; callers that need less declare an interface of their own.
type Service struct {
	store Store
	newID func() string
}

// NewService takes interfaces and returns a struct.
func NewService(store Store, newID func() string) *Service {
	return &Service{store: store, newID: newID}
}

// endregion: return-struct

// Place takes the goods from the stock and saves the order, both or neither.
func (s *Service) Place(ctx context.Context, sku string, quantity int) (Order, error) {
	if quantity < 1 {
		return Order{}, ErrQuantity
	}
	// region: use-tx
	placed := Order{ID: s.newID(), SKU: sku, Quantity: quantity}
	err := s.store.InTx(ctx, func(tx Store) error {
		if err := tx.TakeStock(ctx, sku, quantity); err != nil {
			return err
		}
		return tx.Save(ctx, placed)
	})
	if err != nil {
		return Order{}, err
	}
	return placed, nil
	// endregion: use-tx
}
