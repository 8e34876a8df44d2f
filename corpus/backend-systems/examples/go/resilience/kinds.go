package resilience

import (
	"context"
	"errors"
	"log/slog"
)

// region: kinds
type Kind struct {
	Status int  // HTTP
	Retry  bool // may a caller repeat it
	Level  slog.Level
}

var Kinds = map[string]Kind{
	"invalid":     {422, false, slog.LevelInfo},
	"not_found":   {404, false, slog.LevelInfo},
	"limited":     {429, true, slog.LevelWarn},
	"unavailable": {503, true, slog.LevelError},
	"internal":    {500, false, slog.LevelError},
}

// endregion: kinds

// region: log-level
// LevelOf says how loud the one log line of a failed request is.
func LevelOf(ctx context.Context, status int) slog.Level {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return slog.LevelDebug // the caller left
	case status >= 500:
		return slog.LevelError
	default:
		return slog.LevelInfo // the caller's mistake
	}
}

// endregion: log-level

// Outcome of a payment.
type Outcome string

// A payment whose outcome is unknown stays pending until a job has asked the provider.
const (
	Done    Outcome = "done"
	Failed  Outcome = "failed"
	Pending Outcome = "pending"
)

// Pay records the intent before it calls the provider.
func Pay(ctx context.Context, key string, save func(context.Context, string, Outcome) error, charge func(context.Context, string) error) (Outcome, error) {
	// region: unknown-outcome
	if err := save(ctx, key, Pending); err != nil {
		return Failed, err // nothing was sent
	}
	outcome := Done
	if err := charge(ctx, key); errors.Is(err, ErrRejected) {
		outcome = Failed
	} else if err != nil {
		return Pending, nil // unknown: a job asks the provider by the key
	}
	return outcome, save(context.WithoutCancel(ctx), key, outcome)
	// endregion: unknown-outcome
}
