// Package stale has an interface that grew.
package stale

// Payments got Refund after the fake was written.
type Payments interface {
	Charge(cents int) error
	Refund(cents int) error
}

type fake struct{}

func (*fake) Charge(int) error { return nil }

// region: stale
var _ Payments = (*fake)(nil)

// endregion: stale
