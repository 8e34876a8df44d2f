// Package money writes amounts.
package money

import "fmt"

// Cents is an amount.
type Cents int

// Format writes 1250 as 12.50.
func Format(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
