package concurrency

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Stock counts pieces by product.
type Stock struct {
	mu     sync.Mutex
	pieces map[string]int
}

// NewStock starts empty.
func NewStock() *Stock { return &Stock{pieces: map[string]int{}} }

// region: mutex
// Take removes n pieces if there are enough.
func (s *Stock) Take(product string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pieces[product] < n {
		return false // check and change under one lock
	}
	s.pieces[product] -= n
	return true
}

// endregion: mutex

// Put adds pieces.
func (s *Stock) Put(product string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[product] += n
}

// Flags are read on each request and replaced rarely.
type Flags struct {
	current atomic.Pointer[map[string]bool]
}

// region: atomic-pointer
// Replace publishes a new map; nobody changes a published one.
func (f *Flags) Replace(flags map[string]bool) { f.current.Store(&flags) }

// On reads without a lock.
func (f *Flags) On(name string) bool {
	flags := f.current.Load()
	return flags != nil && (*flags)[name]
}

// endregion: atomic-pointer

// Loader loads its table on first use.
type Loader struct {
	Table func() (map[string]int, error)
}

// NewLoader calls read at most once, when Table is first called.
func NewLoader(read func() (map[string]int, error)) *Loader {
	// region: once
	return &Loader{Table: sync.OnceValues(read)} // later calls get the same values, errors too
	// endregion: once
}

// ErrShutdown is why work stops when the service goes down.
var ErrShutdown = errors.New("service is shutting down")

// RunUntilShutdown runs work and says why it ended.
func RunUntilShutdown(ctx context.Context, stop <-chan struct{}, work func(context.Context) error) error {
	// region: cancel-cause
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-stop:
			cancel(ErrShutdown)
		case <-ctx.Done():
		}
	}()
	if err := work(ctx); errors.Is(err, context.Canceled) {
		return context.Cause(ctx) // ErrShutdown, and not only "context canceled"
	}
	// endregion: cancel-cause
	return nil
}

// Connection can only be stopped by closing it.
type Connection interface {
	Read() ([]byte, error)
	Close() error
}

// ReadUntil reads from something that knows no context.
func ReadUntil(ctx context.Context, connection Connection) ([]byte, error) {
	// region: after-func
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop() // the function does not run when Read was quicker
	data, err := connection.Read()
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// endregion: after-func
	return data, err
}

// CountBefore lets the WaitGroup start the goroutine.
func CountBefore(n int, work func()) {
	// region: wg-go
	var wait sync.WaitGroup
	for range n {
		wait.Go(work) // counts before the goroutine starts
	}
	wait.Wait()
	// endregion: wg-go
}
