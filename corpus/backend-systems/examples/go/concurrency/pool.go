package concurrency

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// ErrBusy says that the queue is full; the caller decides what that means.
var ErrBusy = errors.New("queue is full")

// ErrClosed says that the pool takes no more jobs.
var ErrClosed = errors.New("pool is closed")

// Job is one piece of work.
type Job func(ctx context.Context)

// Pool runs jobs on a fixed number of workers with a bounded queue.
type Pool struct {
	mu     sync.RWMutex
	closed bool
	jobs   chan Job
	wait   sync.WaitGroup
}

// NewPool starts the workers; they live until Close.
func NewPool(ctx context.Context, workers, queue int) *Pool {
	// region: pool-start
	p := &Pool{jobs: make(chan Job, queue)}
	for range workers {
		p.wait.Go(func() {
			for job := range p.jobs { // ends when Close closes the channel
				job(ctx)
			}
		})
	}
	return p
	// endregion: pool-start
}

// Submit waits for room in the queue, as long as ctx allows.
func (p *Pool) Submit(ctx context.Context, job Job) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrClosed
	}
	// region: pool-submit
	select {
	case p.jobs <- job:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// endregion: pool-submit
}

// TrySubmit refuses at once when the queue is full.
func (p *Pool) TrySubmit(job Job) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrClosed
	}
	// region: shed
	select {
	case p.jobs <- job:
		return nil
	default:
		return ErrBusy // the handler answers 503 with Retry-After
	}
	// endregion: shed
}

// Close takes no more jobs and waits until the queued ones are done. Calling it twice is fine.
func (p *Pool) Close() {
	// region: pool-close
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.jobs) // under the lock: no Submit can be sending
	}
	p.mu.Unlock()
	p.wait.Wait()
	// endregion: pool-close
}

// SumSquares spreads pure computation over the processors that this process may use.
func SumSquares(numbers []int) int {
	// region: cpu-pool
	workers := runtime.GOMAXPROCS(0) // follows the container's CPU limit since Go 1.25
	sums := make([]int, workers)
	var wait sync.WaitGroup
	for w := range workers {
		part := numbers[len(numbers)*w/workers : len(numbers)*(w+1)/workers]
		wait.Go(func() {
			for _, n := range part {
				sums[w] += n * n
			}
		})
	}
	wait.Wait()
	// endregion: cpu-pool
	total := 0
	for _, sum := range sums {
		total += sum
	}
	return total
}

// KeyedWorkers runs jobs of one key in order and jobs of different keys at the same time.
type KeyedWorkers struct {
	queues []chan func()
	wait   sync.WaitGroup
}

// NewKeyedWorkers starts one goroutine a queue.
func NewKeyedWorkers(n int) *KeyedWorkers {
	k := &KeyedWorkers{queues: make([]chan func(), n)}
	for i := range k.queues {
		k.queues[i] = make(chan func(), 16)
		k.wait.Go(func() {
			for work := range k.queues[i] {
				work()
			}
		})
	}
	return k
}

// region: keyed
// Submit runs the work of one key in the order of submission.
func (k *KeyedWorkers) Submit(ctx context.Context, key uint64, work func()) error {
	queue := k.queues[key%uint64(len(k.queues))] // one key, one queue, one worker
	select {
	case queue <- work:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// endregion: keyed

// Close waits for the queued work.
func (k *KeyedWorkers) Close() {
	for _, queue := range k.queues {
		close(queue)
	}
	k.wait.Wait()
}
