// Package util is being emptied.
package util

import "example.com/inline/money"

// region: inline
// Format is now in package money.
//
// Deprecated: use [money.Format].
//
//go:fix inline
func Format(cents int) string { return money.Format(cents) }

// Cents is now in package money.
//
//go:fix inline
type Cents = money.Cents

// endregion: inline
