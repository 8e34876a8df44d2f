// Package order lies below src.
package order

// ID is a name.
const ID = "o-1"
