package caching

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// region: negative-read
const absent = "-" // no JSON object begins with it

func decodeEntry(raw string) (User, error) {
	if raw == absent {
		return User{}, ErrNotFound
	}
	return decodeUser([]byte(raw))
}

// endregion: negative-read

// region: negative-write
func loadOrMark(ctx context.Context, rdb *redis.Client, db *Database, id int64) (User, error) {
	u, err := db.Load(ctx, id)
	if errors.Is(err, ErrNotFound) {
		_ = rdb.Set(ctx, userKey(id), absent, jittered(30*time.Second)).Err()
	}
	return u, err
}

// endregion: negative-write

func getOrAbsent(ctx context.Context, rdb *redis.Client, db *Database, id int64) (User, error) {
	if raw, err := rdb.Get(ctx, userKey(id)).Result(); err == nil {
		return decodeEntry(raw)
	}
	return loadOrMark(ctx, rdb, db, id)
}
