// Package channels shows what channels do when they are nil, empty, full or closed, and who may close them.
package channels

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Order is what travels through the channels here.
type Order struct{ ID int }

// Produce sends orders and closes the channel when there are no more.
func Produce(ctx context.Context, orders []Order) <-chan Order {
	// region: close-by-sender
	out := make(chan Order)
	go func() {
		defer close(out) // the only sender closes, after its last send
		for _, order := range orders {
			select {
			case out <- order:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out // receive-only for the caller: it cannot close or send
	// endregion: close-by-sender
}

// Collect reads until the channel is closed.
func Collect(in <-chan Order) (orders []Order) {
	// region: range
	for order := range in { // ends when in is closed and empty
		orders = append(orders, order)
	}
	// endregion: range
	return orders
}

// Receive tells a value from a closed channel.
func Receive(in <-chan Order) (Order, bool) {
	// region: comma-ok
	order, open := <-in
	if !open {
		return Order{}, false // closed and empty: order is the zero value
	}
	return order, true
	// endregion: comma-ok
}

// ProduceMany lets several senders share one channel.
func ProduceMany(parts [][]Order) <-chan Order {
	// region: many-senders
	out := make(chan Order)
	var senders sync.WaitGroup
	for _, part := range parts {
		senders.Go(func() {
			for _, order := range part {
				out <- order
			}
		})
	}
	go func() { senders.Wait(); close(out) }() // one closer that knows when all are done
	// endregion: many-senders
	return out
}

// Stop tells any number of goroutines to end.
type Stop struct {
	once sync.Once
	done chan struct{}
}

// NewStop is not stopped.
func NewStop() *Stop { return &Stop{done: make(chan struct{})} }

// region: broadcast
// Done is closed by Stop: every receiver sees it, now and later.
func (s *Stop) Done() <-chan struct{} { return s.done }

// Stop may be called often and from anywhere; closing twice would panic.
func (s *Stop) Stop() { s.once.Do(func() { close(s.done) }) }

// endregion: broadcast

// Ready is closed when start-up is over.
//
// region: ready
func Serve(start func() error) (ready <-chan struct{}, failed <-chan error) {
	up, broken := make(chan struct{}), make(chan error, 1)
	go func() {
		if err := start(); err != nil {
			broken <- err // room for one: this goroutine never waits
			return
		}
		close(up) // any number of waiters
	}()
	return up, broken
}

// endregion: ready

// TrySend does not wait.
func TrySend(out chan<- Order, order Order) bool {
	// region: non-blocking
	select {
	case out <- order:
		return true
	default:
		return false // nobody is ready and the buffer is full
	}
	// endregion: non-blocking
}

// SendWithin waits a bounded time.
func SendWithin(ctx context.Context, out chan<- Order, order Order, wait time.Duration) error {
	// region: send-timeout
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case out <- order:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	// endregion: send-timeout
}

// Latest keeps only the newest value for a slow reader.
type Latest struct{ values chan Order }

// NewLatest holds at most one value.
func NewLatest() *Latest { return &Latest{make(chan Order, 1)} }

// region: latest
// Put replaces a value that nobody has taken yet; call it from one goroutine.
func (l *Latest) Put(order Order) {
	select {
	case <-l.values: // drop the stale one
	default:
	}
	l.values <- order
}

// endregion: latest

// Values is where the reader waits.
func (l *Latest) Values() <-chan Order { return l.values }

// Merge2 reads from two channels until both are closed.
func Merge2(a, b <-chan Order) (orders []Order) {
	add := func(order Order, open bool) {
		if open {
			orders = append(orders, order)
		}
	}
	// region: nil-case
	for a != nil || b != nil {
		select {
		case order, open := <-a:
			if add(order, open); !open {
				a = nil // a nil channel is never ready: this case is off
			}
		case order, open := <-b:
			if add(order, open); !open {
				b = nil
			}
		}
	}
	// endregion: nil-case
	return orders
}

// Spin shows a loop that never rests once a channel is closed.
func Spin(a, b <-chan Order, rounds int) (empty int) {
	for range rounds {
		// region: closed-case-bad
		select {
		case order := <-a: // closed: ready at once, again and again, with a zero order
			if order == (Order{}) {
				empty++
			}
		case <-b:
		}
		// endregion: closed-case-bad
	}
	return empty
}

// BusyWait polls a channel.
func BusyWait(in <-chan Order, stop <-chan struct{}) (rounds int) {
	for {
		// region: busy-bad
		select {
		case <-in:
			return rounds
		default: // nothing there: ask again at once, at full speed
		}
		// endregion: busy-bad
		rounds++
		select {
		case <-stop:
			return rounds
		default:
		}
	}
}

// Prefer handles urgent orders first.
func Prefer(urgent, normal <-chan Order) Order {
	// region: priority
	select {
	case order := <-urgent:
		return order
	default: // nothing urgent: now wait for both
	}
	select {
	case order := <-urgent:
		return order
	case order := <-normal:
		return order
	}
	// endregion: priority
}

// Handoff passes a slice on and does not touch it again.
func Handoff(out chan<- []byte, read func([]byte) int) {
	// region: ownership
	for range 2 {
		buffer := make([]byte, 16) // a new one: the receiver owns what was sent
		n := read(buffer)
		out <- buffer[:n]
	}
	// endregion: ownership
	close(out)
}

// Reused sends the same memory twice.
func Reused(out chan<- []byte, read func([]byte) int) {
	// region: reuse-bad
	buffer := make([]byte, 16)
	for range 2 {
		n := read(buffer) // overwrites what the receiver is still reading
		out <- buffer[:n]
	}
	// endregion: reuse-bad
	close(out)
}

// Timeout waits for an answer, the modern way.
func Timeout(answers <-chan Order, wait time.Duration) (Order, bool) {
	// region: timer
	select {
	case order := <-answers:
		return order, true
	case <-time.After(wait): // collected when unused, since Go 1.23
		return Order{}, false
	}
	// endregion: timer
}

// Debounce forwards the last order when none came for a while.
func Debounce(ctx context.Context, in <-chan Order, quiet time.Duration, emit func(Order)) {
	var last Order
	// region: reset
	timer := time.NewTimer(time.Hour)
	timer.Stop() // since Go 1.23 nothing stale is left in timer.C
	for {
		select {
		case last = <-in:
			timer.Reset(quiet)
		case <-timer.C:
			emit(last)
		case <-ctx.Done():
			return
		}
	}
	// endregion: reset
}

// DrainIdiom is how a timer was stopped before Go 1.23.
func DrainIdiom(timer *time.Timer) {
	// region: drain-bad
	if !timer.Stop() {
		<-timer.C // since Go 1.23 there is never a value left here: this blocks
	}
	// endregion: drain-bad
}

// Ask sends a request with the channel for its answer.
type Ask struct {
	Key    string
	Answer chan<- int
}

// Owner keeps a map that only its goroutine touches.
func Owner(ctx context.Context, asks <-chan Ask) {
	// region: request-reply
	counts := map[string]int{}
	for {
		select {
		case ask := <-asks:
			counts[ask.Key]++
			ask.Answer <- counts[ask.Key] // the asker made room for one answer
		case <-ctx.Done():
			return
		}
	}
	// endregion: request-reply
}

// Numbers is an iterator where a goroutine with a channel was usual.
func Numbers(n int) iter.Seq[int] {
	// region: iterator
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) { // the loop was left: no goroutine is left behind
				return
			}
		}
	}
	// endregion: iterator
}

// Limiter lets a number of goroutines through.
type Limiter chan struct{}

// Do runs work when there is room.
func (l Limiter) Do(ctx context.Context, work func()) error {
	// region: semaphore
	select {
	case l <- struct{}{}: // a full channel waits
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l }()
	work()
	// endregion: semaphore
	return nil
}
