package background

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func untilDone(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestOnePartThatFailsEndsTheOthersAndIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		err := Run(t.Context(), slog.New(slog.DiscardHandler),
			Part{"server", untilDone},
			Part{"consumer", func(context.Context) error { time.Sleep(time.Second); return errors.New("broker is gone") }},
			Part{"cron", func(context.Context) error { time.Sleep(2 * time.Second); panic("bad job") }},
		)
		if time.Since(started) != 2*time.Second || !strings.Contains(err.Error(), "consumer: broker is gone") || !strings.Contains(err.Error(), "cron: panic: bad job") {
			t.Fatal(err)
		}
		if strings.Contains(err.Error(), "server:") {
			t.Fatal("a part that was cancelled has not failed")
		}
	})
}

// region: synctest
func TestTheFirstPartToEndStopsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		short := func(context.Context) error { time.Sleep(time.Hour); return nil } // fake time
		_ = Run(t.Context(), slog.New(slog.DiscardHandler), Part{"long", untilDone}, Part{"short", short})
		if time.Since(started) != time.Hour {
			t.Fatalf("ended after %v", time.Since(started))
		}
	})
}

// endregion: synctest

func TestAStopFromOutsideIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, slog.New(slog.DiscardHandler), Part{"a", untilDone}, Part{"b", untilDone}); err != nil {
		t.Fatal(err)
	}
}
