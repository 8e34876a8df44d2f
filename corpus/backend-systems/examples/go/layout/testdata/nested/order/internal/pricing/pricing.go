// Package pricing is known to package order and below.
package pricing

// Cents is the price of one piece.
const Cents = 250
