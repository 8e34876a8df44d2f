package caching

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const userTTL = 5 * time.Minute

// UserReader reads users through Redis.
type UserReader struct {
	rdb         *redis.Client
	db          *Database
	cacheErrors atomic.Int64
}

// Get returns a user from Redis, or from the database on a miss.
// region: cache-aside
func (r *UserReader) Get(ctx context.Context, id int64) (User, error) {
	if u, err := r.cached(ctx, id); err == nil {
		return u, nil
	} else if !errors.Is(err, redis.Nil) {
		r.cacheErrors.Add(1) // Redis down or entry unreadable: a miss as well
	}
	u, err := r.db.Load(ctx, id)
	if err == nil {
		_ = r.fill(ctx, u) // the request succeeds without the cache
	}
	return u, err
}

// endregion: cache-aside

func (r *UserReader) cached(ctx context.Context, id int64) (User, error) {
	raw, err := r.rdb.Get(ctx, userKey(id)).Bytes()
	if err != nil {
		return User{}, err
	}
	return decodeUser(raw)
}

// region: ttl-jitter
// fill never writes an entry without an expiry, and shortens each one by up to 10 %.
func (r *UserReader) fill(ctx context.Context, u User) error {
	raw, err := encodeUser(u)
	if err != nil {
		return err
	}
	return r.rdb.Set(ctx, userKey(u.ID), raw, jittered(userTTL)).Err()
}

func jittered(ttl time.Duration) time.Duration { return ttl - rand.N(ttl/10) }

// endregion: ttl-jitter

// naiveGet is what the pitfalls warn of: no expiry, and every Redis error is the caller's error.
// region: naive-get
func naiveGet(ctx context.Context, rdb *redis.Client, db *Database, id int64) (User, error) {
	raw, err := rdb.Get(ctx, userKey(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		u, err := db.Load(ctx, id) // an update may commit from here ...
		if err != nil {
			return User{}, err
		}
		out, _ := encodeUser(u)
		return u, rdb.Set(ctx, userKey(id), out, 0).Err() // ... to here, and 0 never expires
	} else if err != nil {
		return User{}, err // Redis is down, so the service is down
	}
	return decodeUser(raw)
}

// endregion: naive-get
