package caching

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

var ada = User{ID: 1, Name: "Ada", Version: 1}

func TestCacheAsideReadsTheDatabaseOnce(t *testing.T) {
	rdb, db := redisClient(t, userKey(1)), NewDatabase(ada)
	reader := &UserReader{rdb: rdb, db: db}
	for range 3 {
		if u, err := reader.Get(t.Context(), 1); err != nil || u != ada {
			t.Fatalf("got %v, %v", u, err)
		}
	}
	if db.Loads() != 1 {
		t.Errorf("%d loads, want 1", db.Loads())
	}
	if ttl := rdb.TTL(t.Context(), userKey(1)).Val(); ttl <= 269*time.Second || ttl > userTTL {
		t.Errorf("TTL %v is not 90 to 100 %% of %v", ttl, userTTL)
	}
	rdb.Set(t.Context(), userKey(1), "{broken", time.Minute)
	if u, err := reader.Get(t.Context(), 1); err != nil || u != ada {
		t.Errorf("an unreadable entry has to be a miss: %v, %v", u, err)
	}
}

func TestCacheAsideAnswersWithoutRedis(t *testing.T) {
	rdb := newCacheClient(freeAddress(t))
	defer func() { _ = rdb.Close() }()
	reader := &UserReader{rdb: rdb, db: NewDatabase(ada)}
	if u, err := reader.Get(t.Context(), 1); err != nil || u != ada {
		t.Fatalf("got %v, %v", u, err)
	}
	if reader.cacheErrors.Load() != 1 {
		t.Error("the outage was not counted")
	}
	if _, err := naiveGet(t.Context(), rdb, NewDatabase(ada), 1); err == nil {
		t.Error("the naive variant is expected to fail with Redis")
	}
}

func TestReadThenSetKeepsAnOldRowForEver(t *testing.T) {
	rdb, db := redisClient(t, userKey(1)), NewDatabase(ada)
	db.Delay = 150 * time.Millisecond
	writer := &UserWriter{rdb: rdb, db: db, lost: func(string, error) {}}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = naiveGet(t.Context(), rdb, db, 1) })
	time.Sleep(50 * time.Millisecond) // the reader holds the old row
	if err := writer.Rename(t.Context(), 1, "Grace"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	raw, _ := rdb.Get(t.Context(), userKey(1)).Result()
	if !strings.Contains(raw, "Ada") || rdb.TTL(t.Context(), userKey(1)).Val() != -1 {
		t.Fatalf("the race should leave the old name without expiry, got %q", raw)
	}
}

func TestLeaseRefusesTheOldRow(t *testing.T) {
	key := "t:lease"
	rdb := redisClient(t, key)
	ctx := t.Context()
	token, ok, err := takeLease(ctx, rdb, key)
	if err != nil || !ok {
		t.Fatal("first miss gets the lease", ok, err)
	}
	if _, ok, _ := takeLease(ctx, rdb, key); ok {
		t.Fatal("a second miss must not get it")
	}
	if err := invalidate(ctx, rdb, key); err != nil { // a writer commits while the reader holds the old row
		t.Fatal(err)
	}
	if stored, err := fillWithLease(ctx, rdb, key, token, []byte("old"), time.Minute); err != nil || stored {
		t.Fatalf("a revoked lease stored its value: %v, %v", stored, err)
	}
	token, _, _ = takeLease(ctx, rdb, key)
	if stored, err := fillWithLease(ctx, rdb, key, token, []byte("new"), time.Minute); err != nil || !stored {
		t.Fatalf("a valid lease did not store: %v, %v", stored, err)
	}
	if rdb.Get(ctx, key).Val() != "new" || rdb.Exists(ctx, leaseKey(key)).Val() != 0 {
		t.Error("value or lease is wrong")
	}
}

func TestVersionsHelpOnlyAsLongAsTheEntryExists(t *testing.T) {
	rdb := redisClient(t, "t:version")
	ctx := t.Context()
	set := func(version int, value string) bool {
		stored, err := setIfNewer.Run(ctx, rdb, []string{"t:version"}, version, value, 60000).Bool()
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	if !set(2, "new") || set(1, "old") {
		t.Fatal("the older version must lose")
	}
	rdb.Unlink(ctx, "t:version")
	if !set(1, "old") {
		t.Fatal("after a delete nothing remembers the version")
	}
}

func TestDeleteSurvivesACancelledRequest(t *testing.T) {
	rdb, db := redisClient(t, userKey(1)), NewDatabase(ada)
	reader := &UserReader{rdb: rdb, db: db}
	_, _ = reader.Get(t.Context(), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the client hung up
	lost := 0
	writer := &UserWriter{rdb: rdb, db: db, lost: func(string, error) { lost++ }}
	if err := writer.Rename(ctx, 1, "Grace"); err != nil {
		t.Fatal(err)
	}
	if rdb.Exists(t.Context(), userKey(1)).Val() != 0 || lost != 0 {
		t.Error("the entry survived the commit")
	}
	dead := newCacheClient(freeAddress(t))
	defer func() { _ = dead.Close() }()
	writer.rdb = dead
	if err := writer.Rename(t.Context(), 1, "Joan"); err != nil || lost != 1 {
		t.Errorf("a failed delete must be counted and not fail the write: %v, %d", err, lost)
	}
}

func TestConcurrentMissesAreCollapsed(t *testing.T) {
	rdb, db := redisClient(t, userKey(1)), NewDatabase(ada)
	db.Delay = 300 * time.Millisecond
	reader := &UserReader{rdb: rdb, db: db}
	collapsing := &CollapsingReader{reader: reader}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if u, err := collapsing.Get(t.Context(), 1); err != nil || u != ada {
				t.Errorf("got %v, %v", u, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := collapsing.Get(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller may leave early, got %v", err)
	}
	wg.Wait()
	if db.Loads() != 1 {
		t.Errorf("%d loads, want 1", db.Loads())
	}
	rdb.Unlink(t.Context(), userKey(1))
	for range 100 {
		wg.Go(func() { _, _ = reader.Get(t.Context(), 1) })
	}
	wg.Wait()
	if db.Loads() < 50 {
		t.Errorf("%d loads: without collapsing nearly every reader should load", db.Loads())
	}
}

func TestEarlyExpiryFollowsTheExponentialLaw(t *testing.T) {
	now := time.Now()
	e := entry{Rebuild: 100 * time.Millisecond, Expires: now.Add(100 * time.Millisecond)}
	hits := 0
	for range 20000 {
		if e.rebuildNow(now, 1) {
			hits++
		}
	}
	if share := float64(hits) / 20000; math.Abs(share-1/math.E) > 0.02 {
		t.Errorf("share %.3f, want about %.3f at one rebuild time before expiry", share, 1/math.E)
	}
	e.Expires = now.Add(3 * time.Second)
	for range 20000 {
		if e.rebuildNow(now, 1) {
			t.Fatal("30 rebuild times before expiry nobody should rebuild")
		}
	}
	e.Expires = now
	if !e.rebuildNow(now, 1) {
		t.Error("an expired entry is rebuilt")
	}
}

func TestAbsenceIsCachedUntilTheRowIsCreated(t *testing.T) {
	rdb, db := redisClient(t, userKey(404)), NewDatabase()
	for range 3 {
		if _, err := getOrAbsent(t.Context(), rdb, db, 404); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if db.Loads() != 1 {
		t.Errorf("%d loads, want 1", db.Loads())
	}
	db.Insert(User{ID: 404, Name: "New"})
	if _, err := getOrAbsent(t.Context(), rdb, db, 404); !errors.Is(err, ErrNotFound) {
		t.Fatal("without an invalidation the new row stays hidden", err)
	}
	rdb.Unlink(t.Context(), userKey(404))
	if u, err := getOrAbsent(t.Context(), rdb, db, 404); err != nil || u.Name != "New" {
		t.Fatal(u, err)
	}
}

func TestLocalCacheStaysBelowItsWeight(t *testing.T) {
	const limit = 1 << 20
	cache := newPageCache(limit)
	plain := &mapCache{pages: map[string][]byte{}}
	for n := range 10000 {
		page := make([]byte, 1000)
		cache.Set(strconv.Itoa(n), page)
		plain.Set(strconv.Itoa(n), page)
	}
	cache.CleanUp()
	if weight := cache.WeightedSize(); weight > limit || weight < limit/2 {
		t.Errorf("weight %d, limit %d", weight, limit)
	}
	if len(plain.pages) != 10000 {
		t.Error("the plain map forgot something")
	}
	cache.GetIfPresent("no such key")
	if cache.Stats().Misses != 1 {
		t.Error("the miss was not counted")
	}
}

func TestETagAnswersNotModified(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { writeUser(w, r, ada) })
	get := func(ifNoneMatch string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "/users/1", nil)
		if ifNoneMatch != "" {
			r.Header.Set("If-None-Match", ifNoneMatch)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	first := get("")
	etag := first.Header.Get("ETag")
	if first.StatusCode != 200 || etag != `"user-1-1"` || first.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("%d %v", first.StatusCode, first.Header)
	}
	for _, match := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
		if got := get(match); got.StatusCode != 304 || got.ContentLength > 0 || got.Header.Get("ETag") != etag || got.Header.Get("Cache-Control") == "" {
			t.Errorf("If-None-Match %s: %d %v", match, got.StatusCode, got.Header)
		}
	}
	if got := get(`"user-1-0"`); got.StatusCode != 200 {
		t.Errorf("another version: %d", got.StatusCode)
	}
	w := httptest.NewRecorder()
	publicProfile(w, httptest.NewRequest(http.MethodGet, "/me", nil), ada)
	if w.Header().Get("Set-Cookie") == "" || !strings.Contains(w.Header().Get("Cache-Control"), "public") {
		t.Error("the bad example should show the leak")
	}
}

func TestMissIsASentinelAndNotAFailure(t *testing.T) {
	rdb := redisClient(t, "t:none")
	if err := rdb.Get(t.Context(), "t:none").Err(); !errors.Is(err, redis.Nil) || err.Error() != "redis: nil" {
		t.Fatalf("a missing key answers %v", err)
	}
	pipe := rdb.Pipeline()
	pipe.Get(t.Context(), "t:none")
	written := pipe.Set(t.Context(), "t:some", "x", time.Minute)
	if _, err := pipe.Exec(t.Context()); !errors.Is(err, redis.Nil) || written.Err() != nil {
		t.Errorf("a miss is the error of the whole pipeline: %v, %v", err, written.Err())
	}
	if searchKey("acme", 2, "ab12") != "shop:search:v1:acme:2:ab12" {
		t.Error(searchKey("acme", 2, "ab12"))
	}
}

func TestOldEntriesDecodeToZeroOrFail(t *testing.T) {
	if u, err := decodeUser([]byte(`{"id":1,"name":"Ada"}`)); err != nil || u.Version != 0 {
		t.Errorf("encoding/json fills a missing field with zero: %v, %v", u, err)
	}
	if _, err := decodeUser([]byte(`{"id":"1"}`)); err == nil || !strings.Contains(err.Error(), "json: cannot unmarshal") {
		t.Errorf("a changed type answered %v", err)
	}
}
