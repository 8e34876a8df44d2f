// Package order is the door to its internal packages.
package order

import "example.com/nested/order/internal/pricing"

// region: nested-internal
// Total is the only door to package order/internal/pricing.
func Total(quantity int) int { return quantity * pricing.Cents }

// endregion: nested-internal
