package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Serve answers requests until ctx ends, then gives the running ones the time of grace.
func Serve(ctx context.Context, srv *http.Server, listener net.Listener, grace time.Duration) error {
	// region: serve
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return srv.Shutdown(last)
	// endregion: serve
}

// ServeAndForget shows the mistake: it returns while requests still run.
func ServeAndForget(ctx context.Context, srv *http.Server, listener net.Listener) error {
	// region: serve-forget
	go func() {
		<-ctx.Done()
		_ = srv.Shutdown(context.Background())
	}()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil // main ends here, and every running request with it
	// endregion: serve-forget
}

// ShutdownWithEndedContext shows the mistake: the context of the signal has already ended.
func ShutdownWithEndedContext(ctx context.Context, srv *http.Server) error {
	// region: ended-context
	<-ctx.Done()
	return srv.Shutdown(ctx) // context canceled, at once
	// endregion: ended-context
}

// region: drain
// Drain keeps serving for delay while the readiness check already fails.
func Drain(ctx context.Context, ready *atomic.Bool, delay time.Duration) {
	<-ctx.Done()
	ready.Store(false)
	time.Sleep(delay) // load balancers and proxies stop sending meanwhile
}

// endregion: drain

// Streams ends long responses when the server is told to stop.
type Streams struct {
	stop context.Context
	end  context.CancelFunc
}

// NewStreams makes Shutdown cancel the handlers that would never end by themselves.
func NewStreams(srv *http.Server) *Streams {
	// region: end-streams
	stop, end := context.WithCancel(context.Background())
	srv.RegisterOnShutdown(end)
	// endregion: end-streams
	return &Streams{stop, end}
}

func (s *Streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).Flush()
	// region: stream-loop
	for tick := time.Tick(time.Second); ; {
		select {
		case <-r.Context().Done(): // the client left
			return
		case <-s.stop.Done(): // the server is going away
			return
		case <-tick:
			fmt.Fprint(w, "data: still here\n\n")
		}
	}
	// endregion: stream-loop
}

// region: beside
// RunAll runs the parts of a service and stops all of them when one fails or ctx ends.
func RunAll(ctx context.Context, parts ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait()
}

// endregion: beside

// Every runs job at once and then again after each pause.
func Every(ctx context.Context, pause time.Duration, job func(context.Context) error) error {
	// region: periodic
	for timer := time.NewTimer(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			if err := job(ctx); err != nil {
				return err
			}
			timer.Reset(pause) // the pause begins when the job has ended
		}
	}
	// endregion: periodic
}
