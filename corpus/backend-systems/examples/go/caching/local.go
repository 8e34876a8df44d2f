package caching

import (
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
)

// region: bounded-local
func newPageCache(maxBytes uint64) *otter.Cache[string, []byte] {
	return otter.Must(&otter.Options[string, []byte]{
		MaximumWeight: maxBytes,
		Weigher: func(key string, page []byte) uint32 {
			return uint32(len(key) + len(page) + 100) // 100: overhead of an entry, roughly
		},
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](time.Minute),
		StatsRecorder:    stats.NewCounter(),
	})
}

// endregion: bounded-local

// region: unbounded-map
type mapCache struct {
	mu    sync.RWMutex
	pages map[string][]byte // grows with every key that was ever asked for
}

func (c *mapCache) Set(key string, page []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[key] = page
}

// endregion: unbounded-map
