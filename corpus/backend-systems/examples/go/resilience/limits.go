package resilience

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// region: client
// NewClient bounds each phase; the context of a request bounds the whole.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 2 * time.Second
	transport.MaxIdleConnsPerHost = 32
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

// endregion: client

// CallDownstream keeps 100 ms of the caller's time to answer with, and asks for at most two seconds.
func CallDownstream(ctx context.Context, call func(context.Context) error) error {
	// region: leave-margin
	limit := 2 * time.Second
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)-100*time.Millisecond)
	}
	if limit <= 0 {
		return context.DeadlineExceeded // too late to be worth a call
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return call(ctx)
	// endregion: leave-margin
}

// region: send-timeout
// SendTimeout tells the next service how long its answer is of use. gRPC does the same by itself.
func SendTimeout(req *http.Request) {
	if deadline, ok := req.Context().Deadline(); ok {
		left := max(0, time.Until(deadline).Milliseconds())
		req.Header.Set("X-Request-Timeout-Ms", strconv.FormatInt(left, 10))
	}
}

// endregion: send-timeout

// HonourTimeout gives the handler no more time than the caller waits, and never more than limit.
func HonourTimeout(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// region: honour-timeout
		timeout := limit
		if ms, err := strconv.ParseUint(r.Header.Get("X-Request-Timeout-Ms"), 10, 31); err == nil {
			timeout = min(limit, time.Duration(ms)*time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
		// endregion: honour-timeout
	})
}

// ErrRejected is an answer of the downstream service that says the request is wrong: no sign of trouble there.
var ErrRejected = errors.New("rejected")

// region: breaker
func NewBreaker[T any](name string) *gobreaker.CircuitBreaker[T] {
	return gobreaker.NewCircuitBreaker[T](gobreaker.Settings{
		Name: name, Interval: 10 * time.Second, BucketPeriod: time.Second, // a rolling window
		Timeout: 5 * time.Second, MaxRequests: 3, // open for 5 s, then three probes
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= 20 && c.TotalFailures*2 >= c.Requests
		},
		IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, ErrRejected) },
		IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
	})
}

// endregion: breaker

// Shed answers 503 at once when limit requests are already running.
func Shed(limit int, next http.Handler) http.Handler {
	// region: shed
	running := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case running <- struct{}{}:
			defer func() { <-running }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "overloaded", http.StatusServiceUnavailable)
		}
	})
	// endregion: shed
}

// ErrBusy says that a dependency already has all the calls that it may have.
var ErrBusy = errors.New("too many calls to this dependency")

// Bulkhead bounds the calls to one dependency.
type Bulkhead struct{ slots *semaphore.Weighted }

// NewBulkhead allows limit calls at a time.
func NewBulkhead(limit int64) *Bulkhead { return &Bulkhead{semaphore.NewWeighted(limit)} }

// region: bulkhead
func (b *Bulkhead) Do(ctx context.Context, call func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if b.slots.Acquire(waiting, 1) != nil {
		return ErrBusy // the slow dependency holds its own slots and no others
	}
	defer b.slots.Release(1)
	return call(ctx)
}

// endregion: bulkhead

// Item is a product that may be suggested.
type Item struct{ Name string }

// region: degrade
// Suggestions are worth 150 ms and never an error: a page without them is a page.
func Suggestions(ctx context.Context, ask func(context.Context) ([]Item, error), bestsellers []Item) (items []Item, degraded bool) {
	ctx, cancel := context.WithTimeout(ctx, 150*time.Millisecond)
	defer cancel()
	items, err := ask(ctx)
	if err != nil {
		return bestsellers, true // count it: a fallback that nobody sees is an outage that nobody sees
	}
	return items, false
}

// endregion: degrade

type answer[T any] struct {
	value T
	err   error
}

// Hedge asks again after the time that 95 of 100 answers need, and takes the first answer. Reads only.
func Hedge[T any](ctx context.Context, after time.Duration, read func(context.Context) (T, error)) (T, error) {
	// region: hedge
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // stops the slower one
	answers := make(chan answer[T], 2)
	ask := func() { value, err := read(ctx); answers <- answer[T]{value, err} }
	go ask()
	select {
	case first := <-answers:
		return first.value, first.err
	case <-time.After(after): // the time that 95 of 100 answers need
		go ask()
	}
	first := <-answers
	// endregion: hedge
	return first.value, first.err
}
