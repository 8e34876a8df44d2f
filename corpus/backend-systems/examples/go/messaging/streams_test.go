package messaging

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// streamConsumer gives a member of a fresh group on a fresh stream.
func streamConsumer(t *testing.T, stream string, handle func(context.Context, redis.XMessage) error) *StreamConsumer {
	t.Helper()
	addr := os.Getenv("GNOMON_TEST_REDIS_ADDR")
	if addr == "" {
		t.Skip("GNOMON_TEST_REDIS_ADDR is not set: no Redis server to test against")
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { rdb.Unlink(context.Background(), stream, stream+":dead"); _ = rdb.Close() })
	rdb.Unlink(t.Context(), stream, stream+":dead")
	return &StreamConsumer{rdb: rdb, stream: stream, group: "billing", member: "pod-1", maxDeliveries: 2, handle: handle}
}

func (c *StreamConsumer) pending(t *testing.T) int64 {
	t.Helper()
	summary, err := c.rdb.XPending(t.Context(), c.stream, c.group).Result()
	if err != nil {
		t.Fatal(err)
	}
	return summary.Count
}

func TestAFailedEntryIsClaimedAndThenPutAside(t *testing.T) {
	handled := 0
	c := streamConsumer(t, "t:mq:go:claim", func(_ context.Context, entry redis.XMessage) error {
		handled++
		if entry.Values["n"] == "2" {
			return errors.New("database is away")
		}
		return nil
	})
	for _, n := range []string{"1", "2"} {
		if err := c.Add(t.Context(), map[string]any{"n": n}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second call finds the group
		if err := c.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Once(t.Context()); err != nil || c.pending(t) != 1 || handled != 2 {
		t.Fatalf("%d pending, %d handled: %v", c.pending(t), handled, err)
	}
	for range 2 {
		if err := c.Reclaim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	dead, err := c.rdb.XRange(t.Context(), c.stream+":dead", "-", "+").Result()
	if err != nil || len(dead) != 1 || dead[0].Values["n"] != "2" || c.pending(t) != 0 || handled != 3 {
		t.Fatalf("dead %v, %d pending, %d handled: %v", dead, c.pending(t), handled, err)
	}
	if n := c.rdb.XLen(t.Context(), c.stream).Val(); n != 2 {
		t.Fatalf("%d entries: XACK was not to delete them", n)
	}
}

func TestTrimmingDeletesWhatNobodyHasRead(t *testing.T) {
	c := streamConsumer(t, "t:mq:go:trim", nil)
	if err := c.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	add := func(values ...string) {
		for _, value := range values {
			c.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: c.stream, Values: []string{"n", value}, MaxLen: 2})
		}
	}
	read := func() (got []any) {
		streams, err := c.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: c.group, Consumer: c.member, Streams: []string{c.stream, ">"}}).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range streams[0].Messages {
			got = append(got, entry.Values["n"])
		}
		return got
	}
	add("1", "2", "3", "4", "5")
	if got := read(); !slices.Equal(got, []any{"4", "5"}) {
		t.Fatalf("read %v of five entries", got)
	}
	add("6", "7") // 4 and 5 are pending and now deleted
	if c.pending(t) != 2 {
		t.Fatalf("%d pending", c.pending(t))
	}
	entries, _, deleted, err := c.rdb.XAutoClaimWithDeleted(t.Context(), &redis.XAutoClaimArgs{Stream: c.stream, Group: c.group, Consumer: "pod-2", Start: "0"}).Result()
	if err != nil || len(entries) != 0 || len(deleted) != 2 || c.pending(t) != 0 {
		t.Fatalf("claimed %v, deleted %v, %d pending: %v", entries, deleted, c.pending(t), err)
	}
}

func TestRemovingAConsumerDropsItsPendingEntries(t *testing.T) {
	c := streamConsumer(t, "t:mq:go:del", func(context.Context, redis.XMessage) error { return errors.New("no") })
	if err := errors.Join(c.Create(t.Context()), c.Add(t.Context(), map[string]any{"n": "1"}), c.Once(t.Context())); err != nil {
		t.Fatal(err)
	}
	if dropped := c.rdb.XGroupDelConsumer(t.Context(), c.stream, c.group, c.member).Val(); dropped != 1 || c.pending(t) != 0 {
		t.Fatalf("dropped %d, pending %d", dropped, c.pending(t))
	}
	if _, err := c.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: c.group, Consumer: "pod-2", Streams: []string{c.stream, ">"}, Block: 50 * time.Millisecond}).Result(); !errors.Is(err, redis.Nil) {
		t.Fatalf("the entry was to be lost for the group: %v", err)
	}
}

func TestErrorsOfGroups(t *testing.T) {
	c := streamConsumer(t, "t:mq:go:errors", nil)
	_, err := c.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: c.group, Consumer: c.member, Streams: []string{c.stream, ">"}}).Result()
	if err == nil || !strings.HasPrefix(err.Error(), "NOGROUP No such key 't:mq:go:errors' or consumer group 'billing'") {
		t.Errorf("no group: %v", err)
	}
	if err := c.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.rdb.XGroupCreate(t.Context(), c.stream, c.group, "0").Err(); err == nil || err.Error() != "BUSYGROUP Consumer Group name already exists" {
		t.Errorf("second group: %v", err)
	}
	if err := c.Add(t.Context(), map[string]any{"n": "1"}); err != nil {
		t.Fatal(err)
	}
	if err := c.rdb.XGroupCreate(t.Context(), c.stream, "late", "$").Err(); err != nil {
		t.Fatal(err)
	}
	_, err = c.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: "late", Consumer: c.member, Streams: []string{c.stream, ">"}, Block: 50 * time.Millisecond}).Result()
	if !errors.Is(err, redis.Nil) {
		t.Errorf("a group at $ sees what was added before: %v", err)
	}
}
