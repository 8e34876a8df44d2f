// Package nosql shows models and access patterns for Redis, MongoDB, DynamoDB and Cassandra.
package nosql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// region: key-names
// UserKey and its neighbours are the only places that spell keys. Braces keep one user's keys on one slot of a cluster.
func UserKey(id int64) string     { return "shop:{user:" + strconv.FormatInt(id, 10) + "}" }
func CartKey(id int64) string     { return UserKey(id) + ":cart" }
func SessionsKey(id int64) string { return UserKey(id) + ":sessions" }

// endregion: key-names

// User is stored as a hash.
type User struct {
	Name   string `redis:"name"`
	Plan   string `redis:"plan"`
	Logins int    `redis:"logins"`
}

// region: hash-object
func SaveUser(ctx context.Context, db *redis.Client, id int64, u User) error {
	return db.HSet(ctx, UserKey(id), u).Err()
}

func CountLogin(ctx context.Context, db *redis.Client, id int64) (int64, error) {
	return db.HIncrBy(ctx, UserKey(id), "logins", 1).Result() // one field, on the server
}

// endregion: hash-object

// region: index-set
// AddSession writes the session and the index entry together; MULTI shows both or none to others.
func AddSession(ctx context.Context, db *redis.Client, user int64, session string, ttl time.Duration) error {
	_, err := db.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, SessionsKey(user)+":"+session, user, ttl)
		p.ZAdd(ctx, SessionsKey(user), redis.Z{Score: float64(time.Now().Add(ttl).Unix()), Member: session})
		p.ZRemRangeByScore(ctx, SessionsKey(user), "-inf", strconv.FormatInt(time.Now().Unix(), 10))
		return nil
	})
	return err
}

// endregion: index-set

// region: scan
func EachKey(ctx context.Context, db *redis.Client, pattern string, visit func(key string) error) error {
	keys := db.Scan(ctx, 0, pattern, 500).Iterator()
	for keys.Next(ctx) {
		if err := visit(keys.Val()); err != nil { // may see a key twice
			return err
		}
	}
	return keys.Err()
}

// endregion: scan

// region: keys-command
// AllKeys is wrong in a service: the server answers nobody else until it has looked at every key.
func AllKeys(ctx context.Context, db *redis.Client, pattern string) ([]string, error) {
	return db.Keys(ctx, pattern).Result()
}

// endregion: keys-command

// region: leaderboard
func AddScore(ctx context.Context, db *redis.Client, board, player string, points float64) error {
	return db.ZIncrBy(ctx, board, points, player).Err()
}

func Top(ctx context.Context, db *redis.Client, board string, n int64) ([]redis.Z, error) {
	return db.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: board, Start: 0, Stop: n - 1, Rev: true}).Result()
}

func Rank(ctx context.Context, db *redis.Client, board, player string) (int64, error) {
	return db.ZRevRank(ctx, board, player).Result() // 0 is the first; redis.Nil is nobody
}

// endregion: leaderboard

// ErrSoldOut says that the stock is smaller than the wish.
var ErrSoldOut = errors.New("sold out")

// region: take-stock
var takeStock = redis.NewScript(`local left = tonumber(redis.call('GET', KEYS[1]) or '0')
if left < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])`)

func TakeStock(ctx context.Context, db *redis.Client, key string, n int) (left int64, err error) {
	if left, err = takeStock.Run(ctx, db, []string{key}, n).Int64(); err == nil && left < 0 {
		err = ErrSoldOut
	}
	return left, err
}

// endregion: take-stock

// region: take-stock-racy
// TakeStockRacy is wrong: two callers read the same number before either of them writes.
func TakeStockRacy(ctx context.Context, db *redis.Client, key string, n int64) error {
	left, err := db.Get(ctx, key).Int64()
	if err != nil || left < n {
		return errors.Join(err, ErrSoldOut)
	}
	return db.Set(ctx, key, left-n, 0).Err()
}

// endregion: take-stock-racy

// region: watch
func Rename(ctx context.Context, db *redis.Client, id int64, change func(User) User) error {
	update := func(tx *redis.Tx) error {
		var u User
		if err := tx.HGetAll(ctx, UserKey(id)).Scan(&u); err != nil {
			return err
		}
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.HSet(ctx, UserKey(id), change(u)).Err() })
		return err
	}
	return db.Watch(ctx, update, UserKey(id)) // redis.TxFailedErr: somebody was faster, try again
}

// endregion: watch

// ErrNotHeld says that the lock has ended or belongs to somebody else.
var ErrNotHeld = errors.New("lock is not held")

var release = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)

// region: lock
func Lock(ctx context.Context, db *redis.Client, key, token string, ttl time.Duration) (bool, error) {
	err := db.SetArgs(ctx, key, token, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil // held by somebody else
	}
	return err == nil, err
}

func Unlock(ctx context.Context, db *redis.Client, key, token string) error {
	return held(release.Run(ctx, db, []string{key}, token).Int64())
}

// endregion: lock

func held(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotHeld
	}
	return err
}

// region: rate-limit
var slidingWindow = redis.NewScript(`
local now = redis.call('TIME')
local at = now[1] * 1000000 + now[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - ARGV[1] * 1000)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], at, at .. ':' .. redis.call('INCR', KEYS[1] .. ':n'))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`)

// endregion: rate-limit

// Allow says whether one more event fits into the window.
func Allow(ctx context.Context, db *redis.Client, key string, window time.Duration, limit int) (bool, error) {
	return slidingWindow.Run(ctx, db, []string{key}, window.Milliseconds(), limit).Bool()
}

// region: visitors
func Visitors(ctx context.Context, db *redis.Client, day time.Time, visitor string) (int64, error) {
	key := fmt.Sprintf("shop:visitors:%s", day.Format(time.DateOnly))
	if err := db.PFAdd(ctx, key, visitor).Err(); err != nil {
		return 0, err
	}
	return db.PFCount(ctx, key).Result() // within about one percent, in at most 12 KB
}

// endregion: visitors
