// Package order decides which orders the shop accepts.
package order

import "errors"

// ErrQuantity is returned for an order of nothing.
var ErrQuantity = errors.New("quantity has to be positive")

// Check accepts orders of one or more pieces.
func Check(quantity int) error {
	if quantity < 1 {
		return ErrQuantity
	}
	return nil
}
