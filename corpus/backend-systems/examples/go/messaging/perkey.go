package messaging

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// HandleBatch handles keys at the same time and the records of one key one after the other. Commit the batch when it returns nil.
// region: per-key
func HandleBatch(ctx context.Context, batch []*kgo.Record, parallel int, handle func(context.Context, *kgo.Record) error) error {
	byKey := map[string][]*kgo.Record{}
	for _, r := range batch {
		byKey[string(r.Key)] = append(byKey[string(r.Key)], r) // keeps the order inside a key
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, records := range byKey {
		group.Go(func() error { return inOrder(ctx, records, handle) })
	}
	return group.Wait()
}

// endregion: per-key

func inOrder(ctx context.Context, records []*kgo.Record, handle func(context.Context, *kgo.Record) error) error {
	for _, r := range records {
		if err := handle(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
