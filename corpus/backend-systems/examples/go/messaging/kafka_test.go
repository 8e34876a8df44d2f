package messaging

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafka starts a Kafka in this process.
func kafka(t *testing.T, partitions int32, topics ...string) []string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()
}

func produce(t *testing.T, brokers []string, topic string, values ...string) {
	t.Helper()
	client, err := NewProducer(brokers...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, value := range values {
		if err := Send(t.Context(), client, topic, "ada", []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
}

// poll reads n records, or what comes within two seconds.
func poll(t *testing.T, client *kgo.Client, n int) (values []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for len(values) < n && ctx.Err() == nil {
		client.PollRecords(ctx, n-len(values)).EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	return values
}

func TestWhatIsNotCommittedComesAgain(t *testing.T) {
	brokers := kafka(t, 1, "payments")
	produce(t, brokers, "payments", "1", "2", "3")
	first, err := NewGroupConsumer("billing", "payments", brokers...)
	if err != nil {
		t.Fatal(err)
	}
	if got := poll(t, first, 3); !slices.Equal(got, []string{"1", "2", "3"}) { // a group without a commit began at the start
		t.Fatalf("got %v", got)
	}
	first.CloseAllowingRebalance() // no commit
	second, err := NewGroupConsumer("billing", "payments", brokers...)
	if err != nil {
		t.Fatal(err)
	}
	defer second.CloseAllowingRebalance()
	if got := poll(t, second, 3); len(got) != 3 {
		t.Fatalf("got %v again", got)
	}
}

func TestABadRecordIsPutAsideAndShutdownCommits(t *testing.T) {
	brokers := kafka(t, 1, "payments", "payments.dead")
	produce(t, brokers, "payments", "1", "broken", "busy", "4")
	client, err := NewGroupConsumer("billing", "payments", brokers...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomic.Int64
	consumer := &KafkaConsumer{client: client, tries: 3, pause: time.Millisecond, handle: func(_ context.Context, r *kgo.Record) error {
		switch string(r.Value) {
		case "broken":
			return fmt.Errorf("%w: not JSON", ErrPermanent)
		case "busy":
			tries.Add(1)
			return errors.New("database is away")
		case "4":
			cancel() // the signal arrives in the middle of a batch
		}
		return nil
	}}
	if err := consumer.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if tries.Load() != 3 {
		t.Errorf("%d tries", tries.Load())
	}
	dead, err := NewGroupConsumer("inspect", "payments.dead", brokers...)
	if err != nil {
		t.Fatal(err)
	}
	defer dead.CloseAllowingRebalance()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	records := dead.PollRecords(ctx, 10).Records()
	if len(records) == 1 {
		dead.AllowRebalance()
		records = append(records, dead.PollRecords(ctx, 10).Records()...)
	}
	if len(records) != 2 || string(records[0].Value) != "broken" || string(records[1].Headers[1].Value) != "payments/0/2" {
		t.Fatalf("dead records %v", records)
	}
	again, err := NewGroupConsumer("billing", "payments", brokers...)
	if err != nil {
		t.Fatal(err)
	}
	defer again.CloseAllowingRebalance()
	produce(t, brokers, "payments", "5")
	if got := poll(t, again, 1); !slices.Equal(got, []string{"5"}) {
		t.Fatalf("after the shutdown %v came, want only 5", got)
	}
}

func TestGreedyAutoCommitLosesWhatWasPolled(t *testing.T) {
	brokers := kafka(t, 1, "payments")
	produce(t, brokers, "payments", "1", "2", "3")
	member := func(options ...kgo.Opt) *kgo.Client {
		client, err := kgo.NewClient(append(options, kgo.SeedBrokers(brokers...), kgo.ConsumerGroup("billing"),
			kgo.ConsumeTopics("payments"), kgo.AutoCommitInterval(100*time.Millisecond))...)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	greedy := member(kgo.GreedyAutoCommit())
	if got := poll(t, greedy, 3); len(got) != 3 {
		t.Fatalf("got %v", got)
	}
	for range 100 {
		if committed := greedy.CommittedOffsets()["payments"][0].Offset; committed == 3 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	greedy.Close() // before any of the three was handled
	next := member()
	defer next.Close()
	produce(t, brokers, "payments", "4")
	if got := poll(t, next, 1); !slices.Equal(got, []string{"4"}) {
		t.Fatalf("got %v, want only 4: the others are lost", got)
	}
}

func TestErrorsOfTheProducer(t *testing.T) {
	brokers := kafka(t, 1, "payments")
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.UnknownTopicRetries(0), kgo.RequestRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := Send(t.Context(), client, "paymnets", "ada", []byte("1")); err == nil || !strings.HasPrefix(err.Error(), "UNKNOWN_TOPIC_OR_PARTITION") {
		t.Errorf("unknown topic: %v", err)
	}
	if err := Send(t.Context(), client, "payments", "ada", make([]byte, 2<<20)); err == nil || !strings.HasPrefix(err.Error(), "MESSAGE_TOO_LARGE") {
		t.Errorf("two megabytes: %v", err)
	}
}

func TestDefaultsOfFranzGo(t *testing.T) {
	client, err := kgo.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, tc := range map[string]struct{ got, want any }{
		"acks":         {client.OptValue(kgo.RequiredAcks), kgo.AllISRAcks()},
		"idempotence":  {client.OptValue(kgo.DisableIdempotentWrite), false},
		"auto commit":  {client.OptValue(kgo.DisableAutoCommit), false},
		"isolation":    {client.OptValue(kgo.FetchIsolationLevel), 0},
		"start offset": {client.OptValue(kgo.ConsumeStartOffset), kgo.NewOffset().AtStart()},
		"session":      {client.OptValue(kgo.SessionTimeout), 45 * time.Second},
		"rebalance":    {client.OptValue(kgo.RebalanceTimeout), time.Minute},
		"buffered":     {client.OptValue(kgo.MaxBufferedRecords), int64(50_000)},
	} {
		if fmt.Sprint(tc.got) != fmt.Sprint(tc.want) {
			t.Errorf("%s is %v, want %v", name, tc.got, tc.want)
		}
	}
}

// keysOn12 are the partitions of the keys key-0 to key-7 by murmur2, as the Java client and franz-go choose them.
var keysOn12 = []int{1, 0, 2, 11, 9, 8, 8, 7}

func TestPartitionsOfKeys(t *testing.T) {
	brokers := kafka(t, 12, "payments")
	client, err := NewProducer(brokers...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var murmur, crc []int
	for n := range 8 {
		key := fmt.Appendf(nil, "key-%d", n)
		record, err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "payments", Key: key}).First()
		if err != nil {
			t.Fatal(err)
		}
		murmur = append(murmur, int(record.Partition))
		crc = append(crc, int(crc32.ChecksumIEEE(key)%12))
	}
	if slices.Equal(murmur, crc) || !slices.Equal(murmur, keysOn12) {
		t.Fatalf("murmur2 %v, CRC32 %v", murmur, crc)
	}
}

func TestMorePartitionsMoveKeys(t *testing.T) {
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic("payments")
	moved := 0
	for n := range 1000 {
		record := &kgo.Record{Key: fmt.Appendf(nil, "key-%d", n)}
		if partitioner.Partition(record, 6) != partitioner.Partition(record, 8) {
			moved++
		}
	}
	if moved < 600 || moved > 900 {
		t.Fatalf("%d of 1000 keys moved from 6 to 8 partitions", moved)
	}
}
