package caching

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// region: client-timeouts
func newCacheClient(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:                  addr,
		DialTimeout:           200 * time.Millisecond,
		ReadTimeout:           100 * time.Millisecond, // the write timeout follows it
		PoolTimeout:           100 * time.Millisecond,
		ContextTimeoutEnabled: true, // off by default: deadlines of ctx are not seen
		MaxRetries:            -1,   // a miss is cheaper than a second wait
		DialerRetries:         1,
	})
}

// endregion: client-timeouts
