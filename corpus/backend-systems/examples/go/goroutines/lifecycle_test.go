package goroutines

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"
)

func TestAnOwnerStopsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		r := StartRefresher(t.Context(), time.Second, func(context.Context) { loads++ })
		time.Sleep(3500 * time.Millisecond)
		r.Stop() // no lock is needed afterwards: Stop has waited
		if loads != 3 {
			t.Fatal(loads)
		}
	})
}

func TestAForgottenGoroutineStays(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		ForgottenRefresher(time.Hour, func() {})
	}
	if after := runtime.NumGoroutine(); after < before+8 {
		t.Fatal(before, after)
	}
}

func TestWaitMakesResultsVisible(t *testing.T) {
	results := make([]int, 100)
	Fill(results, func(i int) int { return i * i })
	if results[99] != 9801 {
		t.Fatal(results)
	}
}

func TestOnePartThatFailsEndsTheService(t *testing.T) {
	errDown := errors.New("listener failed")
	err := Run(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return nil }, func(context.Context) error { return errDown })
	if !errors.Is(err, errDown) {
		t.Fatal(err)
	}
}

func TestWorkAfterTheResponseNeedsADetachedContext(t *testing.T) {
	sent, failed := make(chan error, 1), make(chan error, 1)
	notifier := NewNotifier(func(ctx context.Context, _ string) error {
		time.Sleep(30 * time.Millisecond)
		sent <- ctx.Err()
		return ctx.Err()
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		notifier.After(r, "a@example.org")
		AfterWithRequest(r, func(ctx context.Context) error { time.Sleep(30 * time.Millisecond); return ctx.Err() }, failed)
	}))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	notifier.Close()
	if err := <-sent; err != nil {
		t.Fatal("detached:", err)
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatal("the request's context:", err)
	}
}

func TestGinBackgroundWorkGetsItsOwnValues(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	router, seen := gin.New(), make(chan string, 2)
	router.GET("/*path", GinBackground(func(path string) { time.Sleep(10 * time.Millisecond); seen <- path }))
	for _, path := range []string{"/a", "/b"} {
		router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	if got := <-seen + <-seen; got != "/a/b" && got != "/b/a" {
		t.Fatal(got)
	}
}

func TestAPanicIsKeptInItsGoroutine(t *testing.T) {
	var wait sync.WaitGroup
	wait.Go(func() { Guarded("job", func() { panic("boom") }) })
	wait.Wait()
}

func TestAnUnrecoveredPanicEndsTheProcess(t *testing.T) {
	if os.Getenv("PANIC_IN_GOROUTINE") == "1" {
		defer func() { _ = recover() }() // of another goroutine: does not help
		go func() { panic("nobody catches me") }()
		time.Sleep(time.Second)
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestAnUnrecoveredPanicEndsTheProcess")
	command.Env = append(os.Environ(), "PANIC_IN_GOROUTINE=1")
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: nobody catches me") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestASupervisorRestartsWithAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n := 0
		starts := Supervise(ctx, 3*time.Second, func(context.Context) error {
			if n++; n == 1 {
				panic("first")
			}
			return errors.New("again")
		})
		if starts != 4 {
			t.Fatal(starts)
		}
	})
}

func TestTheSlowerSenderLeaksWithoutRoom(t *testing.T) {
	one := func() int { return 1 }
	ignore := goleak.IgnoreCurrent()
	for range 5 {
		First(one, one)
	}
	err := goleak.Find(ignore)
	if err == nil || !strings.Contains(err.Error(), "chan send") {
		t.Fatal("want leaked goroutines in chan send, got", err)
	}
	ignore = goleak.IgnoreCurrent()
	for range 5 {
		FirstWithRoom(one, one)
	}
	if err := goleak.Find(ignore); err != nil {
		t.Fatal(err)
	}
}

func TestTheRaceDetectorFindsTheUnguardedCounter(t *testing.T) {
	if os.Getenv("RACE_DEMO") == "1" {
		var h Hits
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(h.Add)
		}
		wait.Wait()
		return
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "test", "-race", "-run=TestTheRaceDetectorFindsTheUnguardedCounter", ".")
	command.Dir, command.Env = dir, append(os.Environ(), "RACE_DEMO=1")
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "WARNING: DATA RACE") {
		t.Fatalf("%v\n%s", err, out)
	}
	var h SafeHits
	var wait sync.WaitGroup
	for range 1000 {
		wait.Go(h.Add)
	}
	wait.Wait()
	if h.Load() != 1000 {
		t.Fatal(h.Load())
	}
}

func TestAGuardedMapMayBeShared(t *testing.T) {
	s := NewSessions()
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() { s.Touch("a", time.Unix(1, 0)) })
		wait.Go(func() { s.Seen("a") })
	}
	wait.Wait()
	if _, ok := s.Seen("a"); !ok {
		t.Fatal("missing")
	}
}

func TestConcurrentMapWritesCannotBeRecovered(t *testing.T) {
	if os.Getenv("MAP_DEMO") == "1" {
		m := map[int]int{}
		for range 8 {
			go func() {
				defer func() { _ = recover() }()
				for i := 0; ; i++ {
					m[i%10] = i
				}
			}()
		}
		time.Sleep(5 * time.Second)
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestConcurrentMapWritesCannotBeRecovered")
	command.Env = append(os.Environ(), "MAP_DEMO=1")
	out, err := command.CombinedOutput()
	if err == nil || !(strings.Contains(string(out), "fatal error: concurrent map writes") || strings.Contains(string(out), "DATA RACE")) {
		t.Fatalf("%v\n%.500s", err, out)
	}
}

func TestAShutdownWaitsThenCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := NewTasks(t.Context())
		var ended atomic.Int32
		_ = tasks.Go(func(context.Context) { time.Sleep(time.Second); ended.Add(1) })
		_ = tasks.Go(func(ctx context.Context) { <-ctx.Done(); ended.Add(1) })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := tasks.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || ended.Load() != 2 {
			t.Fatal(err, ended.Load())
		}
		if err := tasks.Go(nil); !errors.Is(err, ErrStopping) {
			t.Fatal(err)
		}
	})
}

func TestAContextEndsOnlyWhatLooksAtIt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := WaitUntil(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	in, done := make(chan int), make(chan struct{})
	go func() { WaitForever(ctx, in); close(done) }()
	select {
	case <-done:
		t.Fatal("it ended")
	case <-time.After(50 * time.Millisecond):
	}
	in <- 1
	steps := 0
	if err := Long(ctx, 1<<30, func(int) { steps++ }); !errors.Is(err, context.DeadlineExceeded) || steps > 1024 {
		t.Fatal(err, steps)
	}
}

func vet(t *testing.T, dir, want string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+filepath.ToSlash(dir)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), want) {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestVetFindsCopiedLocksAndLostCancels(t *testing.T) {
	vet(t, "testdata/copylocks", "add passes lock by value")
	vet(t, "testdata/lostcancel", "the cancel function returned by context.WithTimeout should be called, not discarded")
}

func TestTheContextOfATestEndsBeforeItsCleanup(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		ctx := t.Context()
		t.Cleanup(func() {
			if ctx.Err() == nil {
				t.Error("still running")
			}
		})
	})
}

func TestADumpNamesEveryGoroutine(t *testing.T) {
	// region: dump
	var dump bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&dump, 2) // 2: one stack each, with its state
	// endregion: dump
	if !strings.Contains(dump.String(), "TestADumpNamesEveryGoroutine") {
		t.Fatal(dump.String())
	}
}
