package workers

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPanickingJobIsReportedAndTheWorkerGoesOn(t *testing.T) {
	var mu sync.Mutex
	var reported []error
	done := 0
	w := Start(t.Context(), 1, 4, func(_ context.Context, n int) error {
		if n == 1 {
			panic("bad job")
		}
		done++
		return nil
	}, func(_ int, err error) { mu.Lock(); defer mu.Unlock(); reported = append(reported, err) })
	for n := range 3 {
		if err := w.Submit(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if done != 2 || len(reported) != 1 || !strings.Contains(reported[0].Error(), "panic: bad job") {
		t.Fatalf("done %d, reported %v", done, reported)
	}
	if err := w.Submit(9); !errors.Is(err, ErrClosed) {
		t.Fatalf("Submit after Close = %v", err)
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	release := make(chan struct{})
	w := Start(t.Context(), 1, 1, func(context.Context, int) error { <-release; return nil }, nil)
	var full int
	for n := range 10 {
		if errors.Is(w.Submit(n), ErrFull) {
			full++
		}
	}
	if full < 8 {
		t.Fatalf("%d of 10 refused, want at least 8", full)
	}
	close(release)
	_ = w.Close(t.Context())
}

func TestCloseCancelsJobsWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Start(t.Context(), 1, 1, func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, func(int, error) {})
		_ = w.Submit(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Close = %v", err)
		}
	})
}
