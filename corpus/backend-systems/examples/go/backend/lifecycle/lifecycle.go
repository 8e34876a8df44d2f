// Package lifecycle starts the parts of a service and stops them in reverse order when the process has to end.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// Part is one thing that runs or has to be closed. Run blocks; Stop asks it to end.
type Part struct {
	Name string
	Run  func(ctx context.Context) error // nil for a part that is only closed
	Stop func(ctx context.Context) error // nil when the end of Run's context is enough
}

// Options are the two times of a stop, and the flag that the readiness check reads.
type Options struct {
	Ready *atomic.Bool
	Drain time.Duration // serving goes on, readiness fails: proxies notice
	Grace time.Duration // after that: what has not ended by then is reported
}

// HTTP is a part that serves listener with srv.
func HTTP(name string, srv *http.Server, listener net.Listener) Part {
	return Part{
		Name: name,
		Run: func(context.Context) error {
			if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		Stop: srv.Shutdown,
	}
}

// Run starts parts in order, waits until ctx ends or a part fails, and stops them in reverse order.
func Run(ctx context.Context, options Options, parts ...Part) error {
	failed := make(chan error, len(parts))
	var tasks []*task
	for _, part := range parts {
		tasks = append(tasks, start(context.WithoutCancel(ctx), part, failed))
	}
	options.Ready.Store(true)
	var problems []error
	select {
	case <-ctx.Done():
		options.Ready.Store(false)
		time.Sleep(options.Drain)
	case err := <-failed:
		options.Ready.Store(false)
		problems = append(problems, err)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), options.Grace)
	defer cancel()
	for _, t := range slices.Backward(tasks) {
		problems = append(problems, t.stop(last))
	}
	return errors.Join(problems...)
}

type task struct {
	part  Part
	end   context.CancelFunc
	ended chan struct{}
}

func start(ctx context.Context, part Part, failed chan<- error) *task {
	ctx, end := context.WithCancel(ctx)
	t := &task{part: part, end: end, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		if part.Run == nil {
			return
		}
		if err := part.Run(ctx); err != nil && ctx.Err() == nil {
			failed <- fmt.Errorf("%s: %w", part.Name, err)
		}
	}()
	return t
}

func (t *task) stop(ctx context.Context) error {
	var err error
	if t.part.Stop != nil {
		err = t.part.Stop(ctx)
	}
	t.end()
	select {
	case <-t.ended:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", t.part.Name, err)
	}
	return nil
}
