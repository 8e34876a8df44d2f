package messaging

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// StreamConsumer reads one Redis stream as a member of a group.
type StreamConsumer struct {
	rdb                   *redis.Client
	stream, group, member string
	minIdle               time.Duration
	maxDeliveries         int64
	handle                func(context.Context, redis.XMessage) error
}

// Create makes the group at the start of the stream; a group at "$" does not see what was added before it.
// region: redis-group
func (c *StreamConsumer) Create(ctx context.Context) error {
	err := c.rdb.XGroupCreateMkStream(ctx, c.stream, c.group, "0").Err()
	if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil // another pod was first
	}
	return err
}

// endregion: redis-group

// Once waits up to two seconds for new entries and handles them.
func (c *StreamConsumer) Once(ctx context.Context) error {
	// region: redis-read
	found, err := c.rdb.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: c.group, Consumer: c.member, Streams: []string{c.stream, ">"}, Count: 50, Block: 2 * time.Second,
	}).Result()
	if err != nil {
		return ignoreNil(err) // redis.Nil: nothing came
	}
	for _, entry := range found[0].Messages {
		if c.handle(ctx, entry) == nil { // a failed entry stays pending and is claimed later
			err = errors.Join(err, c.rdb.XAck(ctx, c.stream, c.group, entry.ID).Err())
		}
	}
	// endregion: redis-read
	return err
}

func ignoreNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// Reclaim takes over entries that somebody read and did not acknowledge, and puts aside what failed too often.
func (c *StreamConsumer) Reclaim(ctx context.Context) error {
	// region: redis-reclaim
	entries, _, err := c.rdb.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: c.stream, Group: c.group, Consumer: c.member, MinIdle: c.minIdle, Start: "0", Count: 50,
	}).Result()
	for _, entry := range entries {
		work := c.handle
		if c.deliveries(ctx, entry.ID) > c.maxDeliveries {
			work = c.bury // also ends an entry that kills its consumer each time
		}
		if work(ctx, entry) == nil {
			err = errors.Join(err, c.rdb.XAck(ctx, c.stream, c.group, entry.ID).Err())
		}
	}
	// endregion: redis-reclaim
	return err
}

func (c *StreamConsumer) deliveries(ctx context.Context, id string) int64 {
	pending, err := c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: c.stream, Group: c.group, Start: id, End: id, Count: 1,
	}).Result()
	if err != nil || len(pending) == 0 {
		return 0
	}
	return pending[0].RetryCount
}

func (c *StreamConsumer) bury(ctx context.Context, entry redis.XMessage) error {
	return c.rdb.XAdd(ctx, &redis.XAddArgs{Stream: c.stream + ":dead", Values: entry.Values}).Err()
}

// Add keeps about a week. A limit by length would also delete what no group has read yet.
// region: redis-add
func (c *StreamConsumer) Add(ctx context.Context, values map[string]any) error {
	weekAgo := time.Now().Add(-7 * 24 * time.Hour).UnixMilli() // entry ids begin with milliseconds
	return c.rdb.XAdd(ctx, &redis.XAddArgs{
		Stream: c.stream, Values: values, MinID: strconv.FormatInt(weekAgo, 10), Approx: true,
	}).Err()
}

// endregion: redis-add
