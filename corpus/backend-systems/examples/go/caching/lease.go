package caching

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/redis/go-redis/v9"
)

// region: lease-take
// takeLease is called on a miss, before the database is read. Only one caller gets true.
func takeLease(ctx context.Context, rdb *redis.Client, key string) (token string, ok bool, err error) {
	token = rand.Text()
	ok, err = rdb.SetNX(ctx, leaseKey(key), token, 3*time.Second).Result()
	return token, ok, err
}

func invalidate(ctx context.Context, rdb *redis.Client, key string) error {
	return rdb.Unlink(ctx, key, leaseKey(key)).Err() // after COMMIT: revokes a lease in flight
}

// endregion: lease-take

// leaseKey shares the hash tag with its entry, so that a cluster keeps both in one slot.
func leaseKey(key string) string { return "{" + key + "}:lease" }

// region: lease-fill
var fillScript = redis.NewScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`)

// fillWithLease stores the value only while the lease is still the caller's.
func fillWithLease(ctx context.Context, rdb *redis.Client, key, token string, value []byte, ttl time.Duration) (bool, error) {
	keys := []string{key, leaseKey(key)}
	return fillScript.Run(ctx, rdb, keys, token, value, ttl.Milliseconds()).Bool()
}

// endregion: lease-fill

// setIfNewer keeps the entry with the higher row version; a missing entry accepts any version.
var setIfNewer = redis.NewScript(`
local old = redis.call('HGET', KEYS[1], 'version')
if old and tonumber(old) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)
