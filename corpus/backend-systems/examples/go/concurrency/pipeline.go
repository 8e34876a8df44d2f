package concurrency

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Stage reads from in, writes to the channel it returns, and stops with ctx.
func Stage[I, O any](ctx context.Context, in <-chan I, work func(I) O) <-chan O {
	// region: stage
	out := make(chan O)
	go func() {
		defer close(out) // the sender closes
		for item := range in {
			select {
			case out <- work(item):
			case <-ctx.Done():
				return // the reader is gone: do not wait for it
			}
		}
	}()
	return out
	// endregion: stage
}

// StageThatLeaks sends without looking at a context.
func StageThatLeaks[I, O any](in <-chan I, work func(I) O) <-chan O {
	// region: stage-bad
	out := make(chan O)
	go func() {
		defer close(out)
		for item := range in {
			out <- work(item) // blocks for ever when the reader has returned
		}
	}()
	return out
	// endregion: stage-bad
}

// Merge forwards what comes from all inputs; the order between inputs is not kept.
func Merge[T any](ctx context.Context, inputs ...<-chan T) <-chan T {
	// region: fan-in
	out := make(chan T)
	var wait sync.WaitGroup
	for _, in := range inputs {
		wait.Go(func() { forward(ctx, in, out) })
	}
	go func() { wait.Wait(); close(out) }() // one closer, after the last sender
	// endregion: fan-in
	return out
}

func forward[T any](ctx context.Context, in <-chan T, out chan<- T) {
	for item := range in {
		select {
		case out <- item:
		case <-ctx.Done():
			return
		}
	}
}

// Import reads rows, parses them on several goroutines, and stores them; the first error stops all.
func Import(ctx context.Context, read func(context.Context, chan<- string) error, parse func(string) (int, error), store func(context.Context, int) error) error {
	lines, rows := make(chan string), make(chan int, 64)
	// region: pipeline-group
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(lines)
		return read(ctx, lines)
	})
	parsers, parseCtx := errgroup.WithContext(ctx)
	for range 4 {
		parsers.Go(func() error { return parseAll(parseCtx, lines, rows, parse) })
	}
	group.Go(func() error { defer close(rows); return parsers.Wait() })
	group.Go(func() error { return storeAll(ctx, rows, store) })
	return group.Wait()
	// endregion: pipeline-group
}

func parseAll(ctx context.Context, lines <-chan string, rows chan<- int, parse func(string) (int, error)) error {
	for {
		select {
		case line, open := <-lines:
			if !open {
				return nil
			}
			row, err := parse(line)
			if err != nil {
				return err
			}
			select {
			case rows <- row:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func storeAll(ctx context.Context, rows <-chan int, store func(context.Context, int) error) error {
	for {
		select {
		case row, open := <-rows:
			if !open {
				return nil
			}
			if err := store(ctx, row); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Batch collects items and flushes them when there are `size` of them or `wait` has passed since the first.
func Batch[T any](ctx context.Context, in <-chan T, size int, wait time.Duration, flush func([]T)) {
	var batch []T
	var due <-chan time.Time // nil: never ready while the batch is empty
	emit := func() {
		if len(batch) > 0 {
			flush(batch)
		}
		batch, due = nil, nil
	}
	defer emit()
	for {
		select {
		// region: batch
		case item, open := <-in:
			if !open {
				return // the deferred flush writes the rest
			}
			if batch = append(batch, item); len(batch) >= size {
				emit()
			} else if len(batch) == 1 {
				due = time.After(wait) // counts from the first item
			}
		case <-due:
			emit()
			// endregion: batch
		case <-ctx.Done():
			return
		}
	}
}

// Every runs work at most once per interval and never twice at the same time, until ctx ends.
func Every(ctx context.Context, interval time.Duration, work func(context.Context)) {
	// region: every
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil { // a select picks at random when both are ready
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			work(ctx) // in this goroutine: a slow run skips ticks and never overlaps
		}
	}
	// endregion: every
}
