package caching

import (
	"math/rand/v2"
	"time"
)

// region: early-expiry
// entry is what Redis stores: the value, its expiry and how long the last rebuild took.
type entry struct {
	Value   User          `json:"value"`
	Expires time.Time     `json:"expires"`
	Rebuild time.Duration `json:"rebuild"`
}

// rebuildNow says, more often the nearer the expiry, that this reader should rebuild the entry.
func (e entry) rebuildNow(now time.Time, beta float64) bool {
	early := time.Duration(float64(e.Rebuild) * beta * rand.ExpFloat64())
	return !now.Add(early).Before(e.Expires)
}

// endregion: early-expiry
