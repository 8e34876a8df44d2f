package lifecycle

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *journal) part(name string) Part {
	return Part{
		Name: name,
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			j.add(name)
			return ctx.Err()
		},
	}
}

func TestPartsStopInReverseOrderAfterTheDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		var ready atomic.Bool
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		options := Options{Ready: &ready, Drain: 5 * time.Second, Grace: 20 * time.Second}
		go func() { done <- Run(ctx, options, j.part("pool"), j.part("worker"), j.part("server")) }()
		synctest.Wait()
		if !ready.Load() {
			t.Fatal("not ready after the start")
		}
		cancel()
		time.Sleep(4 * time.Second)
		if ready.Load() || len(j.all()) != 0 {
			t.Fatalf("while draining: ready %v, stopped %v", ready.Load(), j.all())
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if want := []string{"server", "worker", "pool"}; !slices.Equal(j.all(), want) {
			t.Errorf("stopped %v, want %v", j.all(), want)
		}
	})
}

func TestAFailingPartStopsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		var ready atomic.Bool
		broken := errors.New("broken")
		fails := Part{Name: "consumer", Run: func(context.Context) error { time.Sleep(time.Minute); return broken }}
		err := Run(t.Context(), Options{Ready: &ready, Grace: time.Second}, j.part("server"), fails)
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "consumer: ") {
			t.Errorf("err = %v", err)
		}
		if !slices.Equal(j.all(), []string{"server"}) {
			t.Errorf("stopped %v", j.all())
		}
	})
}

func TestAPartThatDoesNotEndIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ready atomic.Bool
		release := make(chan struct{})
		defer close(release)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		stuck := Part{Name: "stuck", Run: func(context.Context) error { <-release; return nil }}
		err := Run(ctx, Options{Ready: &ready, Grace: time.Second}, stuck)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stop stuck") {
			t.Errorf("err = %v", err)
		}
	})
}

func TestARunningRequestIsAnswered(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})}
	var ready atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, Options{Ready: &ready, Grace: 5 * time.Second}, HTTP("api", srv, listener)) }()
	body := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			body <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		body <- string(text)
	}()
	<-entered
	cancel()
	close(release)
	if got := <-body; got != "done" {
		t.Errorf("body = %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
