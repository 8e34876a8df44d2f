package concurrency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

var errDown = errors.New("supplier is down")

func names(n int) []string {
	found := make([]string, n)
	for i := range found {
		found[i] = fmt.Sprintf("s%d", i)
	}
	return found
}

// slow answers after its number of milliseconds, unless ctx ends before.
func slow(ctx context.Context, supplier string) (Quote, error) {
	var ms int
	fmt.Sscanf(supplier, "s%d", &ms)
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return Quote{supplier, int64(ms)}, nil
	case <-ctx.Done():
		return Quote{}, context.Cause(ctx)
	}
}

func TestResultsKeepTheOrderOfTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quotes, err := AllQuotes(t.Context(), []string{"s30", "s10", "s20"}, slow)
		if err != nil || quotes[0].Supplier != "s30" || quotes[2].Supplier != "s20" {
			t.Fatal(quotes, err)
		}
	})
}

func TestTheFirstErrorCancelsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		_, err := AllQuotes(t.Context(), []string{"s5000", "bad"}, func(ctx context.Context, supplier string) (Quote, error) {
			if supplier == "bad" {
				return Quote{}, errDown
			}
			return slow(ctx, supplier)
		})
		if !errors.Is(err, errDown) || time.Since(started) > time.Second {
			t.Fatal(err, time.Since(started))
		}
	})
}

func most(ask func(Ask)) int32 {
	var open, most atomic.Int32
	ask(func(context.Context, string) (Quote, error) {
		now := open.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		time.Sleep(time.Millisecond)
		open.Add(-1)
		return Quote{}, nil
	})
	return most.Load()
}

func TestALimitBoundsTheFanOutAndNoLimitDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if n := most(func(ask Ask) { _ = SomeQuotes(t.Context(), names(50), 4, ask) }); n != 4 {
			t.Errorf("with a limit of 4: %d at once", n)
		}
		if n := most(func(ask Ask) { EveryQuoteAtOnce(t.Context(), names(50), ask) }); n != 50 {
			t.Errorf("without a limit: %d at once, want all 50", n)
		}
	})
}

func TestAllErrorsAreReportedAndGoodAnswersKept(t *testing.T) {
	quotes, err := QuotesAndErrors(t.Context(), []string{"a", "bad", "c", "bad"}, func(_ context.Context, s string) (Quote, error) {
		if s == "bad" {
			return Quote{}, errDown
		}
		return Quote{s, 1}, nil
	})
	if strings.Count(err.Error(), errDown.Error()) != 2 || quotes[0].Supplier != "a" || quotes[2].Supplier != "c" {
		t.Fatal(quotes, err)
	}
}

func TestTheFirstGoodAnswerWinsAndNothingLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble fails when a goroutine stays blocked
		quote, err := FirstQuote(t.Context(), []string{"s5000", "s10", "s6000"}, slow)
		if err != nil || quote.Supplier != "s10" {
			t.Fatal(quote, err)
		}
	})
}

func TestTheGroupsContextIsCancelledAfterWait(t *testing.T) {
	ask := func(ctx context.Context, s string) (Quote, error) { return Quote{s, 1}, ctx.Err() }
	if _, err := ContextAfterWait(t.Context(), ask); !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want context canceled", err)
	}
	if _, err := ContextOfItsOwn(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
}

func TestErrgroupPanicsWhenItsLimitChangesWhileRunning(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); p != "errgroup: modify limit while 1 goroutines in the group are still active" {
			t.Fatal(p)
		}
	}()
	var group errgroup.Group
	group.SetLimit(2)
	release := make(chan struct{})
	defer close(release)
	group.Go(func() error { <-release; return nil })
	group.SetLimit(4)
}

func TestAPoolFinishesQueuedJobsAndRefusesLaterOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int32
		p := NewPool(t.Context(), 2, 10)
		for range 10 {
			if err := p.Submit(t.Context(), func(context.Context) { time.Sleep(time.Second); done.Add(1) }); err != nil {
				t.Fatal(err)
			}
		}
		p.Close()
		p.Close()
		if done.Load() != 10 || !errors.Is(p.Submit(t.Context(), nil), ErrClosed) {
			t.Fatal(done.Load())
		}
	})
}

func TestAFullPoolShedsOrWaitsAsLongAsTheCallerAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(t.Context(), 1, 1)
		defer p.Close()
		hour := func(context.Context) { time.Sleep(time.Hour) }
		_ = p.TrySubmit(hour)
		synctest.Wait() // the worker has taken it
		_ = p.TrySubmit(hour)
		if err := p.TrySubmit(hour); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Submit(ctx, hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func TestAWorkerThatSubmitsToItsOwnFullPoolDeadlocks(t *testing.T) {
	p := NewPool(t.Context(), 1, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	blocked := make(chan error, 1)
	_ = p.Submit(t.Context(), func(context.Context) {
		blocked <- p.Submit(ctx, func(context.Context) {}) // nobody else can take it
	})
	if err := <-blocked; !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v; only the deadline can end this wait", err)
	}
	p.Close()
}

func TestComputationIsSpreadOverAllowedProcessors(t *testing.T) {
	numbers := make([]int, 1001)
	for i := range numbers {
		numbers[i] = i
	}
	if got := SumSquares(numbers); got != 333833500 {
		t.Fatal(got)
	}
	if runtime.GOMAXPROCS(0) > runtime.NumCPU() {
		t.Fatal("GOMAXPROCS is above the number of processors by default")
	}
}

func TestJobsOfOneKeyKeepTheirOrder(t *testing.T) {
	k := NewKeyedWorkers(4)
	got := make([][]int, 8)
	for n := range 200 {
		key := n % 8
		if err := k.Submit(t.Context(), uint64(key), func() { got[key] = append(got[key], n) }); err != nil {
			t.Fatal(err)
		}
	}
	k.Close()
	for key, numbers := range got {
		if len(numbers) != 25 || !slices.IsSorted(numbers) {
			t.Fatalf("key %d: %v", key, numbers)
		}
	}
}

func source(n int) <-chan int {
	out := make(chan int, n)
	for i := range n {
		out <- i
	}
	close(out)
	return out
}

func TestAStageEndsWhenItsReaderHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := Stage(ctx, source(10), func(n int) int { return n * n })
		<-out
		cancel() // without this the bubble would end in "deadlock: main bubble goroutine has exited but blocked goroutines remain"
	})
}

func TestAStageWithoutAContextLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		<-StageThatLeaks(source(10), func(n int) int { return n })
	}
	time.Sleep(20 * time.Millisecond)
	if after := runtime.NumGoroutine(); after < before+15 {
		t.Fatalf("%d goroutines before, %d after: want some 20 that never end", before, after)
	}
}

func TestMergeForwardsEverythingAndCloses(t *testing.T) {
	sum := 0
	for n := range Merge(t.Context(), source(10), source(20), source(30)) {
		sum += n
	}
	if sum != 45+190+435 {
		t.Fatal(sum)
	}
}

func TestAPipelineStoresAllOrStopsAtTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := func(ctx context.Context, lines chan<- string) error {
			for n := range 1000 {
				select {
				case lines <- fmt.Sprint(n):
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return nil
		}
		parse := func(line string) (n int, err error) { _, err = fmt.Sscan(line, &n); return n, err }
		var stored int
		if err := Import(t.Context(), read, parse, func(context.Context, int) error { stored++; return nil }); err != nil || stored != 1000 {
			t.Fatal(stored, err)
		}
		err := Import(t.Context(), read, parse, func(_ context.Context, n int) error { return errDown })
		if !errors.Is(err, errDown) {
			t.Fatal(err)
		}
	})
}

func TestBatchesAreFlushedBySizeByTimeAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := make(chan int)
		var sizes []int
		done := make(chan struct{})
		go func() {
			defer close(done)
			Batch(t.Context(), in, 3, time.Second, func(batch []int) { sizes = append(sizes, len(batch)) })
		}()
		for n := range 4 {
			in <- n
		}
		time.Sleep(2 * time.Second) // the fourth waits a second and is flushed alone
		in <- 5
		in <- 6
		close(in)
		<-done
		if !slices.Equal(sizes, []int{3, 1, 2}) {
			t.Fatal(sizes)
		}
	})
}

func TestASlowRunSkipsTicksAndNeverOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		runs := 0
		Every(ctx, time.Second, func(context.Context) { runs++; time.Sleep(2500 * time.Millisecond) })
		if runs != 4 { // at 1 s, 3.5 s, 6 s and 8.5 s
			t.Fatal(runs)
		}
	})
}

func TestTheMemoryBudgetBoundsWorkByItsSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResizer(100)
		started := time.Now()
		var group errgroup.Group
		for range 4 {
			group.Go(func() error {
				return r.Resize(t.Context(), 50, func() error { time.Sleep(time.Second); return nil })
			})
		}
		if err := group.Wait(); err != nil || time.Since(started) != 2*time.Second {
			t.Fatal(err, time.Since(started))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.Resize(ctx, 101, func() error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("more than the whole budget: %v", err)
		}
	})
}

func TestASemaphoreServesWaitersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := semaphore.NewWeighted(2)
		_ = s.Acquire(t.Context(), 1)
		served := make(chan error)
		go func() { served <- s.Acquire(t.Context(), 2) }() // waits for two
		synctest.Wait()
		if s.TryAcquire(1) {
			t.Fatal("one is free, but the larger request came first")
		}
		s.Release(1)
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	})
}

func TestAReleaseThatWasNotAcquiredPanics(t *testing.T) {
	defer func() {
		if p := recover(); p != "semaphore: released more than held" {
			t.Fatal(p)
		}
	}()
	semaphore.NewWeighted(1).Release(1)
}

func TestALimiterHoldsTheRateOverAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := NewClient(10, 1, func(context.Context) error { calls.Add(1); return nil })
		started := time.Now()
		var wait sync.WaitGroup
		for range 5 {
			wait.Go(func() {
				for range 20 {
					_ = c.Call(t.Context())
				}
			})
		}
		wait.Wait()
		if spent := time.Since(started); calls.Load() != 100 || spent < 9*time.Second || spent > 11*time.Second {
			t.Fatal(calls.Load(), spent)
		}
	})
}

func TestSleepingWorkersMultiplyTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		SleepyWorkers(t.Context(), 5, 20, 100*time.Millisecond, func(context.Context) error { return nil })
		if spent := time.Since(started); spent > 3*time.Second {
			t.Fatal(spent) // 100 calls in 2 s: 50 a second, where 10 were meant
		}
	})
}

func TestWaitRefusesAtOnceWhatTheDeadlineCannotHold(t *testing.T) {
	limiter := rate.NewLimiter(rate.Every(time.Hour), 1)
	limiter.Allow()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	started := time.Now()
	err := limiter.Wait(ctx)
	if err == nil || err.Error() != "rate: Wait(n=1) would exceed context deadline" || time.Since(started) > time.Second {
		t.Fatal(err)
	}
	if err := limiter.WaitN(t.Context(), 5); err == nil || err.Error() != "rate: Wait(n=5) exceeds limiter's burst 1" {
		t.Fatal(err)
	}
}

func TestEachClientHasItsOwnBudgetAndIdleOnesAreForgotten(t *testing.T) {
	l, now := NewLimits(), time.Unix(0, 0)
	for range 10 {
		if !l.Allow("a", now) {
			t.Fatal("the burst is 10")
		}
	}
	if l.Allow("a", now) || !l.Allow("b", now) {
		t.Fatal("a is spent, b is not")
	}
	l.Forget(now.Add(time.Hour), time.Minute)
	if len(l.clients) != 0 {
		t.Fatal(l.clients)
	}
}

func TestOneCallerThatLeavesDoesNotTakeTheLoadFromTheOthers(t *testing.T) {
	run := func(price func(*Prices, context.Context) (int64, error)) error {
		var err error
		synctest.Test(t, func(t *testing.T) {
			p := NewPrices(func(ctx context.Context, _ string) (int64, error) {
				select {
				case <-time.After(time.Second):
					return 42, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			})
			impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			go func() { _, _ = price(p, impatient) }()
			synctest.Wait()
			_, err = price(p, t.Context())
		})
		return err
	}
	if err := run(func(p *Prices, ctx context.Context) (int64, error) { return p.Price(ctx, "x") }); err != nil {
		t.Fatal(err)
	}
	if err := run(func(p *Prices, ctx context.Context) (int64, error) { return p.PriceOfFirstCaller(ctx, "x") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v; the second caller had no deadline", err)
	}
}

func TestSingleflightGivesOneResultToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group
		var calls, shared atomic.Int32
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				_, _, more := group.Do("k", func() (any, error) { time.Sleep(time.Second); return calls.Add(1), nil })
				if more {
					shared.Add(1)
				}
			})
		}
		wait.Wait()
		if calls.Load() != 1 || shared.Load() != 10 {
			t.Fatal(calls.Load(), shared.Load())
		}
	})
}

func TestTakingIsAtomic(t *testing.T) {
	s := NewStock()
	s.Put("bolt", 100)
	var taken atomic.Int32
	var wait sync.WaitGroup
	for range 300 {
		wait.Go(func() {
			if s.Take("bolt", 1) {
				taken.Add(1)
			}
		})
	}
	wait.Wait()
	if taken.Load() != 100 {
		t.Fatal(taken.Load())
	}
}

func TestFlagsAreReplacedWhole(t *testing.T) {
	var f Flags
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() { f.Replace(map[string]bool{"a": i%2 == 0, "b": i%2 == 0}) })
		wait.Go(func() { f.On("a") })
	}
	wait.Wait()
	if f.On("a") != f.On("b") {
		t.Fatal("half of a map was seen")
	}
}

func TestOnceValuesReadsOnceAndKeepsErrors(t *testing.T) {
	reads := 0
	l := NewLoader(func() (map[string]int, error) { reads++; return nil, errDown })
	_, _ = l.Table()
	if _, err := l.Table(); !errors.Is(err, errDown) || reads != 1 {
		t.Fatal(err, reads)
	}
}

func TestTheCauseSaysWhyWorkEnded(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	err := RunUntilShutdown(t.Context(), stop, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	if !errors.Is(err, ErrShutdown) {
		t.Fatal(err)
	}
}

type pipe struct{ net.Conn }

func (p pipe) Read() ([]byte, error) {
	buffer := make([]byte, 8)
	n, err := p.Conn.Read(buffer)
	return buffer[:n], err
}

func TestAfterFuncEndsACallThatKnowsNoContext(t *testing.T) {
	ours, _ := net.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := ReadUntil(ctx, pipe{ours}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestVetFindsAddInsideTheGoroutine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "vet", "./testdata/addinside").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "WaitGroup.Add called from inside new goroutine") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestWaitGroupGoCountsBeforeItStarts(t *testing.T) {
	var ran atomic.Int32
	CountBefore(100, func() { ran.Add(1) })
	if ran.Load() != 100 {
		t.Fatal(ran.Load())
	}
}

func TestANegativeCounterPanics(t *testing.T) {
	defer func() {
		if p := recover(); p != "sync: negative WaitGroup counter" {
			t.Fatal(p)
		}
	}()
	var wait sync.WaitGroup
	wait.Done()
}

func TestMutexesOfGoCannotBeLockedTwice(t *testing.T) {
	var mu sync.Mutex
	mu.Lock()
	if mu.TryLock() {
		t.Fatal("a mutex is not reentrant")
	}
	var rw sync.RWMutex
	rw.RLock()
	go rw.Lock() // a writer waits
	time.Sleep(20 * time.Millisecond)
	if rw.TryRLock() {
		t.Fatal("a second read lock waits behind the writer: recursive read locking deadlocks")
	}
	rw.RUnlock()
}
