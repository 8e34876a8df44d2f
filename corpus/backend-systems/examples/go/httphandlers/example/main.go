// Command example serves orders with bounded bodies, bounded time and a clean stop.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	handlers "gnomon.example/examples/httphandlers"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		slog.Error("listen", "err", err)
		os.Exit(1)
	}
	if err := run(ctx, listener); err != nil {
		slog.Error("serve", "err", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, then gives requests under way ten seconds.
func run(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("POST /orders", handlers.WithBudget(5*time.Second, http.HandlerFunc(handlers.CreateOrder)))
	srv := handlers.NewServer("", handlers.Chain(mux, handlers.WithRequestID, handlers.Log, handlers.Recover))
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(grace)
	}()
	slog.Info("listening", "address", listener.Addr().String())
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
