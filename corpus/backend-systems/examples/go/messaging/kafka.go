package messaging

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// region: kafka-consumer
func NewGroupConsumer(group, topic string, brokers ...string) (*kgo.Client, error) {
	return kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.DisableAutoCommit(),    // the loop commits after the effect
		kgo.BlockRebalanceOnPoll(), // no partition is moved between poll and commit
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), // of a group without a commit
	)
}

// endregion: kafka-consumer

type KafkaConsumer struct {
	client *kgo.Client
	handle func(context.Context, *kgo.Record) error
	tries  int
	pause  time.Duration
}

// Run ends when ctx ends, after the batch in hand was committed.
func (c *KafkaConsumer) Run(ctx context.Context) error {
	defer c.client.CloseAllowingRebalance()
	work := context.WithoutCancel(ctx) // a batch that was begun is finished
	for {
		// region: kafka-loop
		fetches := c.client.PollRecords(ctx, 100)
		if ctx.Err() != nil || fetches.IsClientClosed() {
			return nil
		}
		if err := c.deliverAll(work, fetches); err != nil {
			return err // nothing of this batch is committed
		}
		if err := c.client.CommitUncommittedOffsets(work); err != nil {
			return err
		}
		c.client.AllowRebalance() // partitions may move now, and only now
		// endregion: kafka-loop
	}
}

func (c *KafkaConsumer) deliverAll(ctx context.Context, fetches kgo.Fetches) error {
	if err := fetches.Err(); err != nil { // what the client cannot retry
		return err
	}
	for _, r := range fetches.Records() {
		if err := c.deliver(ctx, r); err != nil {
			return fmt.Errorf("%s/%d at %d: %w", r.Topic, r.Partition, r.Offset, err)
		}
	}
	return nil
}

// deliver retries in place, then puts the record aside, so that one bad record cannot hold its partition.
// region: kafka-poison
func (c *KafkaConsumer) deliver(ctx context.Context, r *kgo.Record) error {
	err := c.handle(ctx, r)
	for try := 1; err != nil && !errors.Is(err, ErrPermanent) && try < c.tries; try++ {
		time.Sleep(c.pause << try) // seconds, not minutes: the partition waits
		err = c.handle(ctx, r)
	}
	if err == nil {
		return nil
	}
	return c.client.ProduceSync(ctx, deadRecord(r, err)).FirstErr() // stored there before it is committed here
}

// endregion: kafka-poison

func deadRecord(r *kgo.Record, err error) *kgo.Record {
	return &kgo.Record{Topic: r.Topic + ".dead", Key: r.Key, Value: r.Value, Headers: append(slices.Clone(r.Headers),
		kgo.RecordHeader{Key: "error", Value: []byte(err.Error())},
		kgo.RecordHeader{Key: "source", Value: fmt.Appendf(nil, "%s/%d/%d", r.Topic, r.Partition, r.Offset)})}
}

// region: kafka-producer
func NewProducer(brokers ...string) (*kgo.Client, error) {
	return kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.RecordDeliveryTimeout(30*time.Second), // by default a record is retried without end
		kgo.MaxBufferedRecords(10_000),            // then Produce blocks: back-pressure on the caller
	) // acks=all and idempotence are the defaults of franz-go
}

func Send(ctx context.Context, client *kgo.Client, topic, key string, value []byte) error {
	record := &kgo.Record{Topic: topic, Key: []byte(key), Value: value} // one key, one partition, one order
	return client.ProduceSync(ctx, record).FirstErr()                   // nil: all in-sync replicas have it
}

// endregion: kafka-producer

// region: kafka-fire-and-forget
func SendUnchecked(ctx context.Context, client *kgo.Client, topic, key string, value []byte) {
	client.Produce(ctx, &kgo.Record{Topic: topic, Key: []byte(key), Value: value}, nil) // the error goes nowhere
} // and what is still buffered when the process ends is lost

// endregion: kafka-fire-and-forget
