package caching

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// region: negative-caching
const absent = "-" // no JSON object begins with it

func getOrAbsent(ctx context.Context, rdb *redis.Client, db *Database, id int64) (User, error) {
	raw, err := rdb.Get(ctx, userKey(id)).Result()
	if err == nil && raw == absent {
		return User{}, ErrNotFound
	}
	// region: negative-rest
	if err == nil {
		return decodeUser([]byte(raw))
	}
	// endregion: negative-rest
	u, err := db.Load(ctx, id)
	if errors.Is(err, ErrNotFound) {
		_ = rdb.Set(ctx, userKey(id), absent, jittered(30*time.Second)).Err()
	}
	return u, err
}

// endregion: negative-caching
