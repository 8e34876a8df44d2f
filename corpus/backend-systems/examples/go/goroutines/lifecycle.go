// Package goroutines shows who owns a goroutine, how it ends, and what happens when nobody cares.
package goroutines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"
)

// Refresher reloads something until it is stopped.
type Refresher struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// StartRefresher owns one goroutine.
func StartRefresher(ctx context.Context, interval time.Duration, load func(context.Context)) *Refresher {
	// region: owner
	ctx, cancel := context.WithCancel(ctx)
	r := &Refresher{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.run(ctx, interval, load)
	}()
	return r
	// endregion: owner
}

func (r *Refresher) run(ctx context.Context, interval time.Duration, load func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			load(ctx)
		case <-ctx.Done():
		}
	}
}

// region: stop
// Stop ends the goroutine and returns when it has ended.
func (r *Refresher) Stop() {
	r.cancel()
	<-r.done
}

// endregion: stop

// ForgottenRefresher starts a goroutine that nobody can end.
func ForgottenRefresher(interval time.Duration, load func()) {
	// region: no-owner-bad
	go func() {
		for { // no context, no done: it lives as long as the process
			time.Sleep(interval)
			load()
		}
	}()
	// endregion: no-owner-bad
}

// Fill runs tasks that cannot fail and waits for all of them.
func Fill(results []int, task func(int) int) {
	// region: waitgroup
	var wait sync.WaitGroup
	for i := range results {
		wait.Go(func() { results[i] = task(i) })
	}
	wait.Wait() // everything written before is visible now
	// endregion: waitgroup
}

// Run starts the parts of a service and ends when one of them ends.
func Run(ctx context.Context, parts ...func(context.Context) error) error {
	// region: run-group
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait() // one part that fails ends the others
	// endregion: run-group
}

// Notifier sends mails after the response.
type Notifier struct {
	wait sync.WaitGroup
	send func(context.Context, string) error
}

// NewNotifier sends with send.
func NewNotifier(send func(context.Context, string) error) *Notifier { return &Notifier{send: send} }

// After runs in the background of a request.
func (n *Notifier) After(r *http.Request, address string) {
	// region: detach
	ctx := context.WithoutCancel(r.Context()) // keeps the trace, drops the end of the request
	n.wait.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := n.send(ctx, address); err != nil {
			slog.ErrorContext(ctx, "notify", "err", err)
		}
	})
	// endregion: detach
}

// Close waits for the mails in flight.
func (n *Notifier) Close() { n.wait.Wait() }

// AfterWithRequest uses the request's context after the response.
func AfterWithRequest(r *http.Request, send func(context.Context) error, failed chan<- error) {
	// region: request-ctx-bad
	go func() {
		failed <- send(r.Context()) // cancelled as soon as the handler has returned
	}()
	// endregion: request-ctx-bad
}

// GinBackground copies what it needs before the handler returns.
func GinBackground(work func(path string)) gin.HandlerFunc {
	// region: gin-copy
	return func(c *gin.Context) {
		path := c.Request.URL.Path // or c.Copy(): gin reuses c for the next request
		go work(path)
		c.Status(http.StatusAccepted)
	}
	// endregion: gin-copy
}

// Guarded keeps a panic of one goroutine from ending the process.
func Guarded(name string, work func()) {
	// region: guarded
	defer func() {
		if p := recover(); p != nil {
			slog.Error("goroutine panicked", "name", name, "value", p, "stack", string(debug.Stack()))
		}
	}()
	work()
	// endregion: guarded
}

// Supervise restarts what panics or returns, until ctx ends.
func Supervise(ctx context.Context, pause time.Duration, work func(context.Context) error) (starts int) {
	// region: supervise
	for ctx.Err() == nil {
		starts++
		err := safely(ctx, work)
		slog.WarnContext(ctx, "worker ended, restarting", "err", err)
		select {
		case <-time.After(pause): // never restart in a tight loop
		case <-ctx.Done():
		}
	}
	// endregion: supervise
	return starts
}

func safely(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return work(ctx)
}

// First leaks: the slower goroutine sends to nobody.
func First(a, b func() int) int {
	// region: leak-bad
	results := make(chan int) // no room
	go func() { results <- a() }()
	go func() { results <- b() }()
	return <-results // the second one blocks in its send for ever
	// endregion: leak-bad
}

// FirstWithRoom lets the slower goroutine end.
func FirstWithRoom(a, b func() int) int {
	// region: leak-fixed
	results := make(chan int, 2) // room for every sender
	go func() { results <- a() }()
	go func() { results <- b() }()
	return <-results
	// endregion: leak-fixed
}

// Hits counts without a lock.
type Hits struct{ n int }

// Add is a data race when two goroutines call it.
func (h *Hits) Add() {
	// region: race-bad
	h.n++ // read, add, write: two goroutines lose counts
	// endregion: race-bad
}

// SafeHits counts atomically.
type SafeHits struct{ n atomic.Int64 }

// Add may be called from anywhere.
func (h *SafeHits) Add() {
	// region: race-fixed
	h.n.Add(1)
	// endregion: race-fixed
}

// Load is the count.
func (h *SafeHits) Load() int64 { return h.n.Load() }

// Sessions guards a map.
type Sessions struct {
	mu   sync.RWMutex
	byID map[string]time.Time
}

// region: guarded-map
// Touch and Seen are the only ways to the map.
func (s *Sessions) Touch(id string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[id] = now
}

func (s *Sessions) Seen(id string) (time.Time, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, ok := s.byID[id]
	return at, ok
}

// endregion: guarded-map

// NewSessions starts empty.
func NewSessions() *Sessions { return &Sessions{byID: map[string]time.Time{}} }

// ErrStopping says that nothing new is taken.
var ErrStopping = errors.New("stopping")

// Tasks tracks goroutines of requests, so that a shutdown can wait for them.
type Tasks struct {
	mu       sync.Mutex
	stopping bool
	wait     sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc
}

// NewTasks ends with parent.
func NewTasks(parent context.Context) *Tasks {
	ctx, cancel := context.WithCancel(parent)
	return &Tasks{ctx: ctx, cancel: cancel}
}

// region: track
// Go starts a tracked goroutine, unless a shutdown has begun.
func (t *Tasks) Go(work func(context.Context)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopping {
		return ErrStopping
	}
	t.wait.Go(func() { work(t.ctx) })
	return nil
}

// endregion: track

// Shutdown waits, and cancels what is left when ctx ends.
func (t *Tasks) Shutdown(ctx context.Context) error {
	t.mu.Lock()
	t.stopping = true
	t.mu.Unlock()
	// region: wait-with-deadline
	done := make(chan struct{})
	go func() { t.wait.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		t.cancel() // ask them to stop at once
		<-done
		return ctx.Err()
	}
	// endregion: wait-with-deadline
}

// WaitForever ignores its context.
func WaitForever(ctx context.Context, in <-chan int) int {
	// region: ignores-ctx-bad
	return <-in // a cancelled ctx changes nothing
	// endregion: ignores-ctx-bad
}

// WaitUntil listens to both.
func WaitUntil(ctx context.Context, in <-chan int) (int, error) {
	// region: honours-ctx
	select {
	case v := <-in:
		return v, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	// endregion: honours-ctx
}

// Long checks its context between steps of computation.
func Long(ctx context.Context, steps int, step func(int)) error {
	// region: check-in-loop
	for i := range steps {
		if i%1024 == 0 && ctx.Err() != nil { // computation has no channel to wait on
			return context.Cause(ctx)
		}
		step(i)
	}
	return nil
	// endregion: check-in-loop
}
