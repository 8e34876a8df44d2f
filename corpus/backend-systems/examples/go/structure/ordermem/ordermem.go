// Package ordermem keeps orders in memory, for tests and for a first run without a database.
package ordermem

import (
	"context"
	"maps"
	"sync"

	"gnomon.example/examples/structure/order"
)

// Store implements order.Store.
type Store struct {
	mu     sync.Mutex
	stock  map[string]int
	orders []order.Order
}

var _ order.Store = (*Store)(nil)

// New starts with a stock by SKU.
func New(stock map[string]int) *Store { return &Store{stock: maps.Clone(stock)} }

// Stock says how much of an article is left.
func (s *Store) Stock(sku string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stock[sku]
}

// InTx runs work on a copy and keeps the copy when work succeeds.
func (s *Store) InTx(_ context.Context, work func(order.Store) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	draft := &Store{stock: maps.Clone(s.stock), orders: s.orders}
	if err := work(draft); err != nil {
		return err
	}
	s.stock, s.orders = draft.stock, draft.orders
	return nil
}

// TakeStock implements order.Store.
func (s *Store) TakeStock(_ context.Context, sku string, quantity int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stock[sku] < quantity {
		return order.ErrOutOfStock
	}
	s.stock[sku] -= quantity
	return nil
}

// Save implements order.Store.
func (s *Store) Save(_ context.Context, placed order.Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, placed)
	return nil
}
