// Package resilience shows timeouts, retries, breakers, shedding, idempotency and error bodies.
package resilience

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// ErrTransient marks a failure that a later attempt may not meet.
var ErrTransient = errors.New("transient")

// region: full-jitter
// Delay returns the pause before attempt n (1, 2, ...): random between zero and a capped exponential.
func Delay(base, limit time.Duration, n int) time.Duration {
	ceiling := min(limit, base<<min(n-1, 20))
	return rand.N(ceiling) + 1
}

// endregion: full-jitter

// Retry tries again while the error is transient.
func Retry(ctx context.Context, attempts int, call func(context.Context) error) error {
	// region: retry
	for n := 1; ; n++ {
		err := call(ctx)
		if err == nil || !errors.Is(err, ErrTransient) || n == attempts {
			return err
		}
		select {
		case <-time.After(Delay(100*time.Millisecond, 2*time.Second, n)):
		case <-ctx.Done():
			return fmt.Errorf("gave up waiting: %w; last attempt: %w", ctx.Err(), err)
		}
	}
	// endregion: retry
}

// region: fixed-sleep
// RetryInStep is wrong: every client that failed together comes back together, and nothing can stop the wait.
func RetryInStep(call func() error) (err error) {
	for range 3 {
		if err = call(); err == nil {
			return nil
		}
		time.Sleep(time.Second)
	}
	return err
}

// endregion: fixed-sleep

// Fetch retries 429, 5xx and failed connections.
func Fetch(ctx context.Context, get func(context.Context) (*http.Response, error)) (*http.Response, error) {
	// region: backoff-library
	return backoff.Retry(ctx, func() (*http.Response, error) {
		res, err := get(ctx)
		if err != nil || res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
			return res, err
		}
		defer func() { _ = res.Body.Close() }()
		if wait := RetryAfter(res.Header, time.Now()); wait > 0 {
			return nil, &backoff.RetryAfterError{Duration: wait}
		}
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}, backoff.WithMaxTries(3), backoff.WithMaxElapsedTime(5*time.Second))
	// endregion: backoff-library
}

// region: retry-after
// RetryAfter reads both forms of the header: seconds, and an HTTP date. Zero means that it is absent or unreadable.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 3600)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// endregion: retry-after

// Budget lets retries be a tenth of all calls.
type Budget struct {
	mu     sync.Mutex
	tokens float64 // one retry costs one
}

// Called pays for a tenth of a retry.
func (b *Budget) Called() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+0.1, 10) // at most ten retries are saved up
}

// region: budget
// MayRetry takes one token out of the bucket; each first attempt pays in a tenth.
func (b *Budget) MayRetry() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < 1 {
		return false // return the first error instead
	}
	b.tokens--
	return true
}

// endregion: budget
