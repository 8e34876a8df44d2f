// Package order is the new home.
package order

// Order is what a customer wants.
type Order struct{ SKU string }

// New makes an order.
func New(sku string) Order { return Order{SKU: sku} }
