package caching

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"
)

// CollapsingReader lets one goroutine of the process load a key while the others wait for its result.
type CollapsingReader struct {
	reader *UserReader
	flight singleflight.Group
}

// Get shares one load per key among all callers of the process.
func (c *CollapsingReader) Get(ctx context.Context, id int64) (User, error) {
	// region: collapse-misses
	result := c.flight.DoChan(userKey(id), func() (any, error) {
		loadCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return c.reader.Get(loadCtx, id) // Redis, then the database
	})
	select {
	case r := <-result:
		return r.Val.(User), r.Err
	case <-ctx.Done():
		return User{}, ctx.Err() // this caller leaves, the load goes on for the others
	}
	// endregion: collapse-misses
}
