// Package background runs named parts of a service until one fails or the service stops.
package background

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// Part is something that runs until its context ends.
type Part struct {
	Name string
	Run  func(context.Context) error
}

// Run starts all parts, cancels them when one ends, waits for all, and reports every failure.
func Run(ctx context.Context, log *slog.Logger, parts ...Part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make([]error, len(parts))
	var wait sync.WaitGroup
	for i, part := range parts {
		wait.Go(func() {
			err := guarded(ctx, part)
			if err != nil && !errors.Is(err, context.Canceled) {
				errs[i] = fmt.Errorf("%s: %w", part.Name, err)
			}
			log.InfoContext(ctx, "part ended", "name", part.Name, "err", errs[i])
			cancel(fmt.Errorf("%s ended", part.Name))
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func guarded(ctx context.Context, part Part) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return part.Run(ctx)
}
