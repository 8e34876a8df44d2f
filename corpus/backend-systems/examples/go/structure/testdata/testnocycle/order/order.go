// Package order is tested from inside.
package order

// Order is one order.
type Order struct{ ID string }
