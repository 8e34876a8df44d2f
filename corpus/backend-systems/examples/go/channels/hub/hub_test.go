package hub

import (
	"sync"
	"testing"
)

func TestEveryoneWithRoomGetsTheValueAndTheSlowAreDropped(t *testing.T) {
	h := New[int]()
	fast, _ := h.Subscribe(10)
	slow, _ := h.Subscribe(1)
	if h.Publish(1) != 0 || h.Publish(2) != 1 || h.Publish(3) != 0 {
		t.Fatal("the slow one is dropped at the second value")
	}
	if <-fast+<-fast+<-fast != 6 {
		t.Fatal("the fast one misses values")
	}
	if v := <-slow; v != 1 {
		t.Fatal(v)
	}
	if _, open := <-slow; open {
		t.Fatal("a dropped subscription is closed")
	}
}

func TestConcurrentUseIsSafe(t *testing.T) {
	h := New[int]()
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			values, stop := h.Subscribe(1)
			defer stop()
			h.Publish(1)
			<-values
		})
	}
	wait.Wait()
	h.Close()
	h.Close()
	values, stop := h.Subscribe(1)
	stop()
	if _, open := <-values; open {
		t.Fatal("closed hubs hand out closed channels")
	}
}
