package caching

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// UserWriter changes users and drops their cache entries.
type UserWriter struct {
	rdb  *redis.Client
	db   *Database
	lost func(key string, err error) // counts a delete that failed
}

// region: delete-after-commit
// Rename commits first and deletes the cache entry afterwards.
func (w *UserWriter) Rename(ctx context.Context, id int64, name string) error {
	if err := w.db.Rename(ctx, id, name); err != nil { // returns after COMMIT
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 200*time.Millisecond)
	defer cancel()
	if err := w.rdb.Unlink(ctx, userKey(id)).Err(); err != nil {
		w.lost(userKey(id), err) // the row is saved; the TTL ends the stale entry
	}
	return nil
}

// endregion: delete-after-commit
