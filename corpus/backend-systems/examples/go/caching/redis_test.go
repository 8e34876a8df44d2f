package caching

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisClient connects to the server of GNOMON_TEST_REDIS_ADDR and removes the given keys.
func redisClient(t *testing.T, keys ...string) *redis.Client {
	t.Helper()
	addr := os.Getenv("GNOMON_TEST_REDIS_ADDR")
	if addr == "" {
		t.Skip("GNOMON_TEST_REDIS_ADDR is not set: no Redis server to test against")
	}
	rdb := newCacheClient(addr)
	t.Cleanup(func() { _ = rdb.Close() })
	for _, key := range keys {
		if err := rdb.Unlink(t.Context(), key, leaseKey(key)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return rdb
}

// ownServer starts a redis-server of its own, for tests that change its configuration.
func ownServer(t *testing.T, arguments ...string) *redis.Client {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("GNOMON_REQUIRE_TOOLS") == "1" {
			t.Fatal("redis-server is not installed and GNOMON_REQUIRE_TOOLS is 1")
		}
		t.Skip("redis-server is not installed")
	}
	addr := freeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	arguments = append(arguments, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir())
	server := exec.Command(binary, arguments...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	rdb := newCacheClient(addr)
	t.Cleanup(func() { _ = rdb.Close() })
	for range 100 {
		if rdb.Ping(t.Context()).Err() == nil {
			return rdb
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("redis-server did not answer within two seconds")
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestSetWithoutExpiryRemovesTheOldOne(t *testing.T) {
	rdb := redisClient(t, "t:ttl")
	ctx := t.Context()
	rdb.Set(ctx, "t:ttl", "1", time.Minute)
	if err := rdb.Incr(ctx, "t:ttl").Err(); err != nil {
		t.Fatal(err)
	}
	if ttl := rdb.TTL(ctx, "t:ttl").Val(); ttl <= 0 {
		t.Fatalf("INCR changed the TTL to %v", ttl)
	}
	rdb.Set(ctx, "t:ttl", "2", redis.KeepTTL)
	if ttl := rdb.TTL(ctx, "t:ttl").Val(); ttl <= 0 {
		t.Fatalf("KEEPTTL changed the TTL to %v", ttl)
	}
	rdb.Set(ctx, "t:ttl", "3", 0)
	if ttl := rdb.TTL(ctx, "t:ttl").Val(); ttl != -1 {
		t.Fatalf("TTL is %v, want -1: SET without an expiry removes it", ttl)
	}
}

func TestConditionalSetDependsOnTheServer(t *testing.T) {
	rdb := redisClient(t, "t:cas")
	ctx := t.Context()
	rdb.Set(ctx, "t:cas", "old", time.Minute)
	err := rdb.Do(ctx, "SET", "t:cas", "new", "IFEQ", "old", "PX", "60000").Err()
	info := rdb.Info(ctx, "server").Val()
	if strings.Contains(info, "valkey_version") {
		if err != nil || rdb.Get(ctx, "t:cas").Val() != "new" {
			t.Fatalf("Valkey 8.1 knows SET IFEQ, got %v", err)
		}
		if err := rdb.Do(ctx, "SET", "t:cas", "x", "IFEQ", "old").Err(); !errors.Is(err, redis.Nil) {
			t.Fatalf("a mismatch answers nil, got %v", err)
		}
		return
	}
	if strings.Contains(info, "redis_version:7.") && (err == nil || err.Error() != "ERR syntax error") {
		t.Fatalf("Redis 7 answered %v", err)
	}
}

func TestDefaultServerRefusesWritesWhenFull(t *testing.T) {
	rdb := ownServer(t, "--save", "", "--maxmemory", "2mb")
	ctx := t.Context()
	if policy := rdb.ConfigGet(ctx, "maxmemory-policy").Val()["maxmemory-policy"]; policy != "noeviction" {
		t.Fatalf("default policy is %q", policy)
	}
	rdb.Set(ctx, "kept", "value", time.Hour)
	var err error
	for n := 0; n < 5000 && err == nil; n++ {
		err = rdb.Set(ctx, fmt.Sprintf("filler:%d", n), strings.Repeat("x", 1000), time.Hour).Err()
	}
	if err == nil || err.Error() != "OOM command not allowed when used memory > 'maxmemory'." {
		t.Fatalf("a full server answered %v", err)
	}
	if value, err := rdb.Get(ctx, "kept").Result(); err != nil || value != "value" {
		t.Fatalf("reads go on: %q, %v", value, err)
	}
	if err := rdb.Unlink(ctx, "kept").Err(); err != nil {
		t.Fatalf("deletes go on: %v", err)
	}
	// volatile policies find nothing to evict among keys that have no expiry
	rdb2 := ownServer(t, "--save", "", "--maxmemory", "2mb", "--maxmemory-policy", "volatile-lru")
	err = nil
	for n := 0; n < 5000 && err == nil; n++ {
		err = rdb2.Set(ctx, fmt.Sprintf("filler:%d", n), strings.Repeat("x", 1000), 0).Err()
	}
	if err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Fatalf("volatile-lru without expiries answered %v", err)
	}
}

func TestCacheConfigurationEvictsAndDoesNotPersist(t *testing.T) {
	conf, err := filepath.Abs("redis-cache.conf")
	if err != nil {
		t.Fatal(err)
	}
	rdb := ownServer(t, conf, "--maxmemory", "3mb")
	ctx := t.Context()
	for n := range 5000 {
		if err := rdb.Set(ctx, fmt.Sprintf("filler:%d", n), strings.Repeat("x", 1000), 0).Err(); err != nil {
			t.Fatalf("write %d: %v", n, err)
		}
	}
	if !strings.Contains(rdb.Info(ctx, "stats").Val(), "evicted_keys:") || strings.Contains(rdb.Info(ctx, "stats").Val(), "evicted_keys:0\r") {
		t.Fatal("nothing was evicted")
	}
	for name, want := range map[string]string{"maxmemory-policy": "allkeys-lru", "save": "", "appendonly": "no", "lazyfree-lazy-user-del": "yes"} {
		if got := rdb.ConfigGet(ctx, name).Val()[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestClientSideCacheAnswersLocallyAndIsInvalidated(t *testing.T) {
	other := ownServer(t, "--save", "") // its own, because the test counts commands
	ctx := t.Context()
	rdb := redis.NewClient(&redis.Options{
		Addr:                  other.Options().Addr,
		ClientSideCacheConfig: &redis.ClientSideCacheConfig{MaxEntries: 1000},
	})
	defer func() { _ = rdb.Close() }()
	other.Set(ctx, "t:csc", "one", time.Minute)
	calls := func() string {
		for line := range strings.Lines(other.Info(ctx, "commandstats").Val()) {
			if rest, ok := strings.CutPrefix(line, "cmdstat_get:calls="); ok {
				count, _, _ := strings.Cut(rest, ",")
				return count
			}
		}
		return "0"
	}
	if got := rdb.Get(ctx, "t:csc").Val(); got != "one" {
		t.Fatalf("got %q", got)
	}
	before := calls()
	for range 100 {
		rdb.Get(ctx, "t:csc")
	}
	if after := calls(); after != before {
		t.Fatalf("100 reads reached the server: %s GETs, before %s", after, before)
	}
	other.Set(ctx, "t:csc", "two", time.Minute)
	for range 100 {
		if rdb.Get(ctx, "t:csc").Val() == "two" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the local copy was not invalidated within two seconds")
}

// silentServer accepts connections and never answers.
func silentServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return listener.Addr().String()
}

func TestContextDeadlineIsIgnoredUnlessEnabled(t *testing.T) {
	addr := silentServer(t)
	took := func(enabled bool) time.Duration {
		rdb := redis.NewClient(&redis.Options{
			Addr: addr, ReadTimeout: 400 * time.Millisecond, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: enabled,
		})
		defer func() { _ = rdb.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := rdb.Get(ctx, "k").Err(); err == nil {
			t.Fatal("a silent server cannot answer")
		}
		return time.Since(start)
	}
	if got := took(false); got < 350*time.Millisecond {
		t.Errorf("without ContextTimeoutEnabled the read timeout decides, took %v", got)
	}
	if got := took(true); got > 300*time.Millisecond {
		t.Errorf("with ContextTimeoutEnabled the deadline decides, took %v", got)
	}
}

func TestGoRedisDefaults(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: freeAddress(t)})
	defer func() { _ = rdb.Close() }()
	o := rdb.Options()
	if o.ReadTimeout != 5*time.Second || o.DialTimeout != 5*time.Second || o.MaxRetries != 3 || o.DialerRetries != 5 || o.ContextTimeoutEnabled {
		t.Fatalf("defaults changed: read %v, dial %v, retries %d, dial retries %d, context %v",
			o.ReadTimeout, o.DialTimeout, o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled)
	}
}

func TestShortTimeoutsBoundADeadServer(t *testing.T) {
	for name, addr := range map[string]string{"silent": silentServer(t), "refused": freeAddress(t)} {
		rdb := newCacheClient(addr)
		start := time.Now()
		if err := rdb.Get(t.Context(), "k").Err(); err == nil {
			t.Fatalf("%s: no error", name)
		}
		if took := time.Since(start); took > 600*time.Millisecond {
			t.Errorf("%s: took %v", name, took)
		} else {
			t.Logf("%s: took %v", name, took)
		}
		_ = rdb.Close()
	}
}
