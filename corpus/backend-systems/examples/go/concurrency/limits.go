package concurrency

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// Resizer bounds the memory of pictures in work.
type Resizer struct{ memory *semaphore.Weighted }

// NewResizer allows work on so many bytes at once.
func NewResizer(bytes int64) *Resizer { return &Resizer{memory: semaphore.NewWeighted(bytes)} }

// Resize waits until the picture fits into the budget.
func (r *Resizer) Resize(ctx context.Context, size int64, work func() error) error {
	// region: weighted
	if err := r.memory.Acquire(ctx, size); err != nil {
		return err // ctx ended while waiting; nothing was acquired
	}
	defer r.memory.Release(size)
	return work()
	// endregion: weighted
}

// Client calls a service that allows a number of calls a second.
type Client struct {
	limiter *rate.Limiter
	call    func(context.Context) error
}

// NewClient allows perSecond calls and bursts of burst.
func NewClient(perSecond float64, burst int, call func(context.Context) error) *Client {
	return &Client{limiter: rate.NewLimiter(rate.Limit(perSecond), burst), call: call}
}

// Call waits for its turn.
func (c *Client) Call(ctx context.Context) error {
	// region: rate-wait
	if err := c.limiter.Wait(ctx); err != nil {
		return err // ctx would end before the turn comes
	}
	return c.call(ctx)
	// endregion: rate-wait
}

// SleepyWorkers call with a pause after each call.
func SleepyWorkers(ctx context.Context, workers, calls int, pause time.Duration, call func(context.Context) error) {
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			// region: sleep-bad
			for range calls {
				_ = call(ctx)
				time.Sleep(pause) // the rate grows with each worker, and nothing can stop the sleep
			}
			// endregion: sleep-bad
		})
	}
	wait.Wait()
}

// Limits holds one limiter a client and forgets idle ones.
type Limits struct {
	mu      sync.Mutex
	clients map[string]*client
}

type client struct {
	limiter *rate.Limiter
	seen    time.Time
}

// NewLimits has no clients yet.
func NewLimits() *Limits { return &Limits{clients: map[string]*client{}} }

// region: rate-per-key
// Allow takes one token of this client; an unknown client starts with a full burst.
func (l *Limits) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.clients[key]
	if c == nil {
		c = &client{limiter: rate.NewLimiter(5, 10)}
		l.clients[key] = c
	}
	c.seen = now
	return c.limiter.AllowN(now, 1)
}

// endregion: rate-per-key

// Forget drops clients that were idle for longer than age, so that the map cannot grow for ever.
func (l *Limits) Forget(now time.Time, age time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, c := range l.clients {
		if now.Sub(c.seen) > age {
			delete(l.clients, key)
		}
	}
}

// Prices loads each price once, however many ask for it at the same time.
type Prices struct {
	flights singleflight.Group
	load    func(context.Context, string) (int64, error)
}

// NewPrices loads with load.
func NewPrices(load func(context.Context, string) (int64, error)) *Prices { return &Prices{load: load} }

// Price shares one load; a caller that leaves does not take it away from the others.
func (p *Prices) Price(ctx context.Context, product string) (int64, error) {
	// region: singleflight
	ch := p.flights.DoChan(product, func() (any, error) {
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return p.load(shared, product)
	})
	select {
	case r := <-ch:
		price, _ := r.Val.(int64)
		return price, r.Err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	// endregion: singleflight
}

// PriceOfFirstCaller loads with the context of whoever came first.
func (p *Prices) PriceOfFirstCaller(ctx context.Context, product string) (int64, error) {
	// region: singleflight-bad
	v, err, _ := p.flights.Do(product, func() (any, error) {
		return p.load(ctx, product) // the first caller's ctx: when it leaves, all fail
	})
	price, _ := v.(int64)
	return price, err
	// endregion: singleflight-bad
}
