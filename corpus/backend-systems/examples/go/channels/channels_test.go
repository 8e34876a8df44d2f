package channels

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

func TestTheAxiomsOfChannels(t *testing.T) {
	closed := make(chan int, 2)
	closed <- 7
	close(closed)
	if v, open := <-closed; v != 7 || !open {
		t.Error("what was sent before close can still be received")
	}
	if v, open := <-closed; v != 0 || open {
		t.Error("then: the zero value, not open")
	}
	var none chan int
	for name, f := range map[string]func(){
		"send on closed channel":  func() { closed <- 1 },
		"close of closed channel": func() { close(closed) },
		"close of nil channel":    func() { close(none) },
	} {
		if p := panicOf(f); fmt.Sprint(p) != name {
			t.Errorf("%q, want %q", p, name)
		}
	}
	select {
	case <-none:
		t.Error("a nil channel is never ready")
	case none <- 1:
		t.Error("a nil channel is never ready")
	default:
	}
	if len(none) != 0 || cap(none) != 0 {
		t.Error("a nil channel has length and capacity 0")
	}
}

func TestABufferHoldsItsCapacityAndNoMore(t *testing.T) {
	c := make(chan Order, 2)
	if !TrySend(c, Order{1}) || !TrySend(c, Order{2}) || TrySend(c, Order{3}) {
		t.Fatal("two fit")
	}
	if TrySend(make(chan Order), Order{1}) {
		t.Fatal("an unbuffered channel needs a waiting receiver")
	}
}

func TestAnUnbufferedSendMeetsItsReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, sent := make(chan int), time.Time{}
		go func() { c <- 1; sent = time.Now() }()
		time.Sleep(time.Minute)
		received := time.Now()
		<-c
		synctest.Wait()
		if sent.Before(received) {
			t.Fatal("the send returned before the receive")
		}
	})
}

func TestTheSenderClosesAndRangeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		orders := []Order{{1}, {2}, {3}}
		if got := Collect(Produce(t.Context(), orders)); !slices.Equal(got, orders) {
			t.Fatal(got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		out := Produce(ctx, orders)
		<-out
		cancel() // the bubble fails if the producer stays
	})
}

func TestAClosedChannelIsToldFromAZeroValue(t *testing.T) {
	c := make(chan Order, 1)
	c <- Order{}
	if _, open := Receive(c); !open {
		t.Fatal("a zero value that was sent")
	}
	close(c)
	if _, open := Receive(c); open {
		t.Fatal("closed")
	}
}

func TestManySendersHaveOneCloser(t *testing.T) {
	if got := Collect(ProduceMany([][]Order{{{1}, {2}}, {{3}}, {}})); len(got) != 3 {
		t.Fatal(got)
	}
}

func TestCloseReachesAllWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ended := NewStop(), make(chan int, 10)
		for i := range 10 {
			go func() { <-s.Done(); ended <- i }()
		}
		s.Stop()
		s.Stop()
		for range 10 {
			<-ended
		}
	})
}

func TestReadyOrFailed(t *testing.T) {
	ready, _ := Serve(func() error { return nil })
	<-ready
	<-ready
	_, failed := Serve(func() error { return errors.New("port in use") })
	if err := <-failed; err.Error() != "port in use" {
		t.Fatal(err)
	}
}

func TestASendMayWaitABoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := SendWithin(t.Context(), make(chan Order), Order{1}, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func TestOnlyTheLatestValueIsKept(t *testing.T) {
	l := NewLatest()
	for i := range 5 {
		l.Put(Order{i})
	}
	if got := <-l.Values(); got.ID != 4 {
		t.Fatal(got)
	}
}

func TestANilChannelSwitchesItsCaseOff(t *testing.T) {
	a, b := make(chan Order, 2), make(chan Order, 2)
	a <- Order{1}
	b <- Order{2}
	b <- Order{3}
	close(a)
	close(b)
	if got := Merge2(a, b); len(got) != 3 {
		t.Fatal(got)
	}
}

func TestAClosedChannelInASelectSpins(t *testing.T) {
	a := make(chan Order)
	close(a)
	if empty := Spin(a, nil, 1000); empty != 1000 {
		t.Fatal(empty)
	}
}

func TestAnEmptyDefaultSpins(t *testing.T) {
	stop := make(chan struct{})
	time.AfterFunc(20*time.Millisecond, func() { close(stop) })
	if rounds := BusyWait(nil, stop); rounds < 1000 {
		t.Fatalf("%d rounds in 20 ms", rounds)
	}
}

func TestSelectChoosesAtRandomAndPriorityNeedsTwo(t *testing.T) {
	urgent, normal := make(chan Order, 1000), make(chan Order, 1000)
	for range 1000 {
		urgent <- Order{1}
		normal <- Order{2}
	}
	first := 0
	for range 1000 {
		select {
		case <-urgent:
			first++
		case <-normal:
		}
	}
	if first < 350 || first > 650 {
		t.Fatalf("%d of 1000 were urgent: a select is fair", first)
	}
	for len(urgent) > 0 {
		if got := Prefer(urgent, normal); got.ID != 1 {
			t.Fatal(got)
		}
	}
}

func TestWhatWasSentBelongsToTheReceiver(t *testing.T) {
	texts := func(send func(chan<- []byte, func([]byte) int)) (got []string) {
		c, next := make(chan []byte, 2), "a"
		send(c, func(b []byte) int { n := copy(b, next); next = "b"; return n })
		for b := range c {
			got = append(got, string(b))
		}
		return got
	}
	if got := texts(Handoff); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatal(got)
	}
	if got := texts(Reused); !slices.Equal(got, []string{"b", "b"}) {
		t.Fatal(got, "the first message was overwritten")
	}
}

func TestTimersSinceGo123(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, ok := Timeout(nil, time.Hour); ok {
			t.Fatal("nothing was sent")
		}
		timer := time.NewTimer(time.Second)
		if cap(timer.C) != 0 {
			t.Fatal("timer channels have no buffer since Go 1.23")
		}
		time.Sleep(time.Minute) // it has fired
		if !timer.Stop() {
			t.Fatal("Stop counts a timer whose value nobody received as running")
		}
		select {
		case <-timer.C:
			t.Fatal("Stop has taken the stale value away")
		default:
		}
	})
}

func TestTheDrainIdiomBlocks(t *testing.T) {
	timer := time.NewTimer(time.Millisecond)
	<-timer.C // now Stop reports false, and nothing is left to drain
	done := make(chan struct{})
	go func() { DrainIdiom(timer); close(done) }()
	select {
	case <-done:
		t.Fatal("it returned")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestDebounceEmitsTheLastAfterQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, got := make(chan Order), []int{}
		go Debounce(ctx, in, time.Second, func(o Order) { got = append(got, o.ID) })
		for i := range 5 {
			in <- Order{i}
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		cancel()
		if !slices.Equal(got, []int{4}) {
			t.Fatal(got)
		}
	})
}

func TestAnOwnerAnswersRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asks := make(chan Ask)
		go Owner(ctx, asks)
		last := 0
		for range 3 {
			answer := make(chan int, 1)
			asks <- Ask{"a", answer}
			last = <-answer
		}
		cancel()
		if last != 3 {
			t.Fatal(last)
		}
	})
}

func TestAnIteratorLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n := range Numbers(1000) {
			if n == 3 {
				break
			}
		}
	})
}

func TestAChannelLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := make(Limiter, 1)
		started := time.Now()
		done := make(chan struct{}, 3)
		for range 3 {
			go func() { _ = l.Do(t.Context(), func() { time.Sleep(time.Second) }); done <- struct{}{} }()
		}
		for range 3 {
			<-done
		}
		if time.Since(started) != 3*time.Second {
			t.Fatal(time.Since(started))
		}
	})
}
