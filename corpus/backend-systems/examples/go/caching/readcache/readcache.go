// Package readcache puts Redis in front of a slow loader. A Redis outage costs latency, not
// availability: loads are collapsed per key, bounded in number, and Redis is left alone for a while.
package readcache

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

var (
	ErrNotFound = errors.New("readcache: not found")        // returned by Load, and cached
	ErrBusy     = errors.New("readcache: too many loads")   // answer 503
	errSkipped  = errors.New("readcache: redis is skipped") // after failures in a row
)

const (
	absent      = "-" // JSON never is a lone dash
	maxFailures = 5
	cooldown    = time.Second
)

// Config holds the parameters. All of them are required.
type Config[V any] struct {
	Redis       *redis.Client // with short timeouts and ContextTimeoutEnabled
	Prefix      string        // service, entity and version of the stored form: "shop:user:v3:"
	TTL         time.Duration // longest life of a stale entry
	AbsentTTL   time.Duration // the same for "not found"; shorter
	LoadTimeout time.Duration // waiting for a slot and loading
	MaxLoads    int           // loads at the same time in this process
	Load        func(ctx context.Context, id string) (V, error)
}

// Cache reads through Redis.
type Cache[V any] struct {
	Hits, Misses, Failures atomic.Int64

	cfg     Config[V]
	flight  singleflight.Group
	slots   chan struct{}
	inARow  atomic.Int64
	skipped atomic.Int64 // Unix nanoseconds until which Redis is not asked
}

// New returns a Cache for cfg.
func New[V any](cfg Config[V]) *Cache[V] {
	return &Cache[V]{cfg: cfg, slots: make(chan struct{}, cfg.MaxLoads)}
}

// Get returns the value of id, ErrNotFound, ErrBusy, or the error of Load.
func (c *Cache[V]) Get(ctx context.Context, id string) (V, error) {
	done := c.flight.DoChan(id, func() (any, error) {
		loadCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.LoadTimeout)
		defer cancel()
		return c.read(loadCtx, id)
	})
	select {
	case r := <-done:
		value, _ := r.Val.(V)
		return value, r.Err
	case <-ctx.Done():
		var zero V
		return zero, ctx.Err()
	}
}

// Invalidate drops the entry. Call it after the transaction has committed.
func (c *Cache[V]) Invalidate(ctx context.Context, id string) error {
	c.flight.Forget(id) // callers from now on do not join a load that began before the commit
	return c.cfg.Redis.Unlink(ctx, c.cfg.Prefix+id).Err()
}

func (c *Cache[V]) read(ctx context.Context, id string) (V, error) {
	value, err := c.fromRedis(ctx, id)
	if err == nil || errors.Is(err, ErrNotFound) {
		c.Hits.Add(1)
		return value, err
	}
	c.Misses.Add(1)
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return value, ErrBusy
	}
	value, err = c.cfg.Load(ctx, id)
	switch {
	case err == nil:
		if raw, err := json.Marshal(value); err == nil {
			c.toRedis(ctx, id, raw, c.cfg.TTL)
		}
	case errors.Is(err, ErrNotFound):
		c.toRedis(ctx, id, []byte(absent), c.cfg.AbsentTTL)
	}
	return value, err
}

func (c *Cache[V]) fromRedis(ctx context.Context, id string) (value V, err error) {
	if time.Now().UnixNano() < c.skipped.Load() {
		return value, errSkipped
	}
	raw, err := c.cfg.Redis.Get(ctx, c.cfg.Prefix+id).Bytes()
	c.watch(err)
	if err != nil {
		return value, err
	}
	if string(raw) == absent {
		return value, ErrNotFound
	}
	return value, json.Unmarshal(raw, &value)
}

func (c *Cache[V]) toRedis(ctx context.Context, id string, raw []byte, ttl time.Duration) {
	if time.Now().UnixNano() >= c.skipped.Load() {
		c.watch(c.cfg.Redis.Set(ctx, c.cfg.Prefix+id, raw, ttl-rand.N(ttl/10)).Err())
	}
}

// watch counts failures; after maxFailures in a row Redis is not asked for a cooldown.
func (c *Cache[V]) watch(err error) {
	if err == nil || errors.Is(err, redis.Nil) {
		c.inARow.Store(0)
		return
	}
	c.Failures.Add(1)
	if c.inARow.Add(1) >= maxFailures {
		c.inARow.Store(0)
		c.skipped.Store(time.Now().Add(cooldown).UnixNano())
	}
}
