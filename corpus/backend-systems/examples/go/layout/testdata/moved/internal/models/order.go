// Package models is being emptied.
package models

import "example.com/moved/internal/order"

// region: moved-type
// Order has moved.
//
// Deprecated: use [order.Order].
//
//go:fix inline
type Order = order.Order

// endregion: moved-type
