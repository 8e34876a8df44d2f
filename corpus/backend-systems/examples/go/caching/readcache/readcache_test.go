package readcache

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func deadClient(t *testing.T) *redis.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	rdb := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

func config(rdb *redis.Client, load func(context.Context, string) (string, error)) Config[string] {
	return Config[string]{Redis: rdb, Prefix: "t:readcache:", TTL: time.Minute, AbsentTTL: time.Second, LoadTimeout: 100 * time.Millisecond, MaxLoads: 1, Load: load}
}

func TestRedisIsSkippedAfterFailuresInARow(t *testing.T) {
	cache := New(config(deadClient(t), func(_ context.Context, id string) (string, error) { return "v" + id, nil }))
	for range 20 {
		if value, err := cache.Get(t.Context(), "1"); err != nil || value != "v1" {
			t.Fatal(value, err)
		}
	}
	if got := cache.Failures.Load(); got != maxFailures {
		t.Errorf("Redis was asked %d times, want %d", got, maxFailures)
	}
}

func TestLoadsAreBounded(t *testing.T) {
	release := make(chan struct{})
	cache := New(config(deadClient(t), func(context.Context, string) (string, error) { <-release; return "slow", nil }))
	first := make(chan error, 1)
	go func() { _, err := cache.Get(t.Context(), "1"); first <- err }()
	for len(cache.slots) == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := cache.Get(t.Context(), "2"); !errors.Is(err, ErrBusy) {
		t.Errorf("the second load got %v, want ErrBusy", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestHitsAbsenceAndInvalidation(t *testing.T) {
	addr := os.Getenv("GNOMON_TEST_REDIS_ADDR")
	if addr == "" {
		t.Skip("GNOMON_TEST_REDIS_ADDR is not set: no Redis server to test against")
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer func() { _ = rdb.Close() }()
	var loads atomic.Int64
	cache := New(config(rdb, func(_ context.Context, id string) (string, error) {
		loads.Add(1)
		if id == "none" {
			return "", ErrNotFound
		}
		return "v" + id, nil
	}))
	for _, id := range []string{"none", "1"} {
		_ = cache.Invalidate(t.Context(), id)
	}
	for range 3 {
		if value, err := cache.Get(t.Context(), "1"); err != nil || value != "v1" {
			t.Fatal(value, err)
		}
		if _, err := cache.Get(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if loads.Load() != 2 || cache.Hits.Load() != 4 || cache.Misses.Load() != 2 {
		t.Errorf("loads %d, hits %d, misses %d", loads.Load(), cache.Hits.Load(), cache.Misses.Load())
	}
	if err := cache.Invalidate(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	_, _ = cache.Get(t.Context(), "1")
	if loads.Load() != 3 {
		t.Errorf("loads %d after the invalidation, want 3", loads.Load())
	}
}
