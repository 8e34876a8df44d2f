// Package guard puts a deadline, a retry budget, full jitter and a breaker around calls to one dependency.
package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrTransient marks a failure that is worth another attempt. Wrap it: fmt.Errorf("status 503: %w", guard.ErrTransient).
var ErrTransient = errors.New("transient")

// Config holds the parameters. All of them are required.
type Config struct {
	Name        string
	Timeout     time.Duration // one attempt
	Attempts    int           // at most, the first included
	Base, Limit time.Duration // of the pause between attempts
	RetryShare  float64       // retries per call over time, such as 0.1
}

// Guard is shared by all callers of one dependency.
type Guard[T any] struct {
	cfg     Config
	breaker *gobreaker.CircuitBreaker[T]
	mu      sync.Mutex
	tokens  float64
}

// New returns a Guard for cfg.
func New[T any](cfg Config) *Guard[T] {
	return &Guard[T]{cfg: cfg, breaker: gobreaker.NewCircuitBreaker[T](gobreaker.Settings{
		Name: cfg.Name, Interval: 10 * time.Second, BucketPeriod: time.Second, Timeout: 5 * time.Second, MaxRequests: 3,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.Requests >= 20 && c.TotalFailures*2 >= c.Requests },
		IsSuccessful: func(err error) bool { return !isTrouble(err) },
		IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
	})}
}

// Do runs call, which has to be safe to repeat. It returns the last error, or gobreaker.ErrOpenState.
func (g *Guard[T]) Do(ctx context.Context, call func(context.Context) (T, error)) (value T, err error) {
	g.pay(g.cfg.RetryShare)
	for n := 1; ; n++ {
		value, err = g.breaker.Execute(func() (T, error) {
			ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
			defer cancel()
			return call(ctx)
		})
		if !isTrouble(err) || n == g.cfg.Attempts || ctx.Err() != nil || !g.pay(-1) {
			return value, err
		}
		select {
		case <-time.After(rand.N(min(g.cfg.Limit, g.cfg.Base<<(n-1))) + 1):
		case <-ctx.Done():
			return value, errors.Join(ctx.Err(), err)
		}
	}
}

// isTrouble tells a failing dependency from one that refuses a request; an open breaker is not retried.
func isTrouble(err error) bool {
	return errors.Is(err, ErrTransient) || errors.Is(err, context.DeadlineExceeded)
}

// pay adds to the budget, or takes from it when it holds enough.
func (g *Guard[T]) pay(amount float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tokens+amount < 0 {
		return false
	}
	g.tokens = min(g.tokens+amount, 10)
	return true
}
