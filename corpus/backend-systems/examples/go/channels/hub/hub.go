// Package hub sends each value to all subscribers and never waits for a slow one.
package hub

import "sync"

// Hub broadcasts values of type T.
type Hub[T any] struct {
	mu     sync.Mutex
	subs   map[chan T]struct{}
	closed bool
}

// New is a hub without subscribers.
func New[T any]() *Hub[T] { return &Hub[T]{subs: map[chan T]struct{}{}} }

// Subscribe returns a channel with room for buffer values, and the function that ends the subscription.
func (h *Hub[T]) Subscribe(buffer int) (<-chan T, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	values := make(chan T, buffer)
	if h.closed {
		close(values)
		return values, func() {}
	}
	h.subs[values] = struct{}{}
	return values, func() { h.remove(values) }
}

// Publish sends to everybody with room and returns how many had none; those are unsubscribed.
func (h *Hub[T]) Publish(value T) (dropped int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for values := range h.subs {
		select {
		case values <- value:
		default:
			h.drop(values) // a closed channel tells the reader that it was too slow
			dropped++
		}
	}
	return dropped
}

// Close ends every subscription; later ones are closed from the start.
func (h *Hub[T]) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for values := range h.subs {
		h.drop(values)
	}
}

func (h *Hub[T]) remove(values chan T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(values)
}

// drop closes under the lock that every send holds, and only once.
func (h *Hub[T]) drop(values chan T) {
	if _, ok := h.subs[values]; ok {
		delete(h.subs, values)
		close(values)
	}
}
