// Package workers runs a fixed number of workers over a bounded queue and stops cleanly.
package workers

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// ErrFull says that the queue has no room; ErrClosed that no more jobs are taken.
var (
	ErrFull   = errors.New("workers: queue is full")
	ErrClosed = errors.New("workers: closed")
)

// Workers handles jobs of type T.
type Workers[T any] struct {
	mu     sync.RWMutex
	closed bool
	jobs   chan T
	wait   sync.WaitGroup
	stop   context.CancelFunc
}

// Start begins n workers with a queue of the given length. A failed or panicking job goes to report, and its worker goes on.
func Start[T any](ctx context.Context, n, queue int, handle func(context.Context, T) error, report func(T, error)) *Workers[T] {
	ctx, stop := context.WithCancel(ctx)
	w := &Workers[T]{jobs: make(chan T, queue), stop: stop}
	for range n {
		w.wait.Go(func() {
			for job := range w.jobs {
				if err := guarded(ctx, job, handle); err != nil {
					report(job, err)
				}
			}
		})
	}
	return w
}

func guarded[T any](ctx context.Context, job T, handle func(context.Context, T) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("workers: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle(ctx, job)
}

// Submit queues a job or refuses at once with ErrFull or ErrClosed.
func (w *Workers[T]) Submit(job T) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.jobs <- job:
		return nil
	default:
		return ErrFull
	}
}

// Close takes no more jobs and waits for the queued ones. When ctx ends first, running jobs are cancelled and its cause is returned.
func (w *Workers[T]) Close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	done := make(chan struct{})
	go func() { w.wait.Wait(); close(done) }()
	defer w.stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		w.stop()
		<-done
		return context.Cause(ctx)
	}
}
