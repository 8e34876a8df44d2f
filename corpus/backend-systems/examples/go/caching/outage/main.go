// Command outage shows what a dead Redis does to the database: once without a guard, once with readcache.
package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"gnomon.example/examples/caching/readcache"
)

type database struct{ loads, running, peak atomic.Int64 }

func (d *database) load(ctx context.Context, id string) (string, error) {
	d.loads.Add(1)
	now := d.running.Add(1)
	defer d.running.Add(-1)
	for old := d.peak.Load(); now > old && !d.peak.CompareAndSwap(old, now); old = d.peak.Load() {
	}
	select {
	case <-time.After(50 * time.Millisecond):
		return "product " + id, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// burst sends 200 requests for 20 products at once.
func burst(get func(ctx context.Context, id string) (string, error)) (failed int64) {
	var wg sync.WaitGroup
	var failures atomic.Int64
	for n := range 200 {
		wg.Go(func() {
			if _, err := get(context.Background(), strconv.Itoa(n%20)); err != nil {
				failures.Add(1)
			}
		})
	}
	wg.Wait()
	return failures.Load()
}

func main() {
	rdb := redis.NewClient(&redis.Options{
		Addr:                  deadAddress(),
		DialTimeout:           100 * time.Millisecond,
		ReadTimeout:           100 * time.Millisecond,
		ContextTimeoutEnabled: true,
		MaxRetries:            -1,
		DialerRetries:         1,
	})
	defer func() { _ = rdb.Close() }()

	var plain database
	failed := burst(func(ctx context.Context, id string) (string, error) {
		if value, err := rdb.Get(ctx, "product:"+id).Result(); err == nil {
			return value, nil
		}
		return plain.load(ctx, id)
	})
	fmt.Printf("fall through: 200 requests, %d loads, %d failed\n", plain.loads.Load(), failed)

	var db database
	cache := readcache.New(readcache.Config[string]{
		Redis: rdb, Prefix: "shop:product:v1:", TTL: 5 * time.Minute, AbsentTTL: 30 * time.Second,
		LoadTimeout: 2 * time.Second, MaxLoads: 4, Load: db.load,
	})
	failed = burst(cache.Get)
	fmt.Printf("readcache:    200 requests, %d loads, at most %d at once, %d failed\n", db.loads.Load(), db.peak.Load(), failed)
	asked := cache.Failures.Load()
	burst(cache.Get)
	fmt.Printf("second burst: Redis asked %d times\n", cache.Failures.Load()-asked)
}

// deadAddress is a loopback port that nobody listens on.
func deadAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
