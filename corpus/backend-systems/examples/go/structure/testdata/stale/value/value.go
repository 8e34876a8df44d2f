// Package value passes a value whose methods have pointer receivers.
package value

// Payments charges.
type Payments interface{ Charge(cents int) error }

type fake struct{}

func (*fake) Charge(int) error { return nil }

var _ Payments = fake{}
