// Command crash shows what a crash between effect and commit does to six payments, in an in-process Kafka.
package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ledger stands for a database; in a real one inbox row and balance change in one transaction.
type ledger struct {
	applied, skipped int
	inbox            map[string]bool
}

func (l *ledger) apply(r *kgo.Record) { l.applied++ }

func (l *ledger) applyOnce(r *kgo.Record) {
	if l.inbox[string(r.Key)] {
		l.skipped++
		return
	}
	l.inbox[string(r.Key)] = true
	l.apply(r)
}

func consumer(brokers []string, group string) *kgo.Client {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(group), kgo.ConsumeTopics("payments"), kgo.DisableAutoCommit())
	check(err)
	return client
}

// next returns n records that this member did not get before.
func next(ctx context.Context, client *kgo.Client, n int) (records []*kgo.Record) {
	for len(records) < n {
		records = append(records, client.PollRecords(ctx, n-len(records)).Records()...)
	}
	return records
}

func main() {
	ctx := context.Background()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "payments"))
	check(err)
	defer cluster.Close()
	brokers := cluster.ListenAddrs()
	producer, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	check(err)
	defer producer.Close()
	for n := range 6 {
		check(producer.ProduceSync(ctx, &kgo.Record{Topic: "payments", Key: []byte(strconv.Itoa(n))}).FirstErr())
	}

	// Commit first: the process dies after it committed four records and applied two.
	early := &ledger{}
	first := consumer(brokers, "commit-first")
	batch := next(ctx, first, 4)
	check(first.CommitRecords(ctx, batch...))
	early.apply(batch[0])
	early.apply(batch[1])
	first.Close()
	second := consumer(brokers, "commit-first")
	for _, r := range next(ctx, second, 2) {
		early.apply(r)
	}
	second.Close()
	fmt.Printf("commit, then effect:      6 sent, %d applied\n", early.applied)

	// Effect first: the process dies after it applied four records and committed two.
	for _, withInbox := range []bool{false, true} {
		late := &ledger{inbox: map[string]bool{}}
		handle, name := late.apply, "effect, then commit: "
		if withInbox {
			handle, name = late.applyOnce, "the same with an inbox:"
		}
		group := fmt.Sprintf("effect-first-%v", withInbox)
		first := consumer(brokers, group)
		batch := next(ctx, first, 4)
		for _, r := range batch {
			handle(r)
		}
		check(first.CommitRecords(ctx, batch[:2]...))
		first.Close()
		second := consumer(brokers, group)
		for _, r := range next(ctx, second, 4) {
			handle(r)
		}
		second.Close()
		fmt.Printf("%-25s 6 sent, %d applied, %d duplicates skipped\n", name, late.applied, late.skipped)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
