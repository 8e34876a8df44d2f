// Command service shows one process with a public server, an admin server and a worker that stop in order.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"gnomon.example/examples/backend"
	"gnomon.example/examples/backend/lifecycle"
)

func main() {
	// region: main
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		slog.Error("service failed", "err", err)
		os.Exit(1)
	}
	// endregion: main
}

// run is the whole service. Everything from outside comes in as a parameter.
func run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	logger := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	public, err := net.Listen("tcp", getenv("ADDR"))
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	admin, err := net.Listen("tcp", getenv("ADMIN_ADDR"))
	if err != nil {
		return fmt.Errorf("admin address: %w", err)
	}
	var orders atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond) // slow on purpose
		fmt.Fprintf(w, "order %d\n", orders.Add(1))
	})
	registry := backend.NewRegistry()
	var ready atomic.Bool
	api := &http.Server{Handler: backend.Measure(registry, mux), ReadHeaderTimeout: 5 * time.Second}
	ops := &http.Server{Handler: backend.Admin(registry, backend.Health(&ready, alwaysThere{})), ReadHeaderTimeout: 5 * time.Second}
	logger.Info("started", "api", public.Addr(), "admin", admin.Addr())
	err = lifecycle.Run(ctx, lifecycle.Options{Ready: &ready, Drain: 200 * time.Millisecond, Grace: 10 * time.Second},
		lifecycle.HTTP("admin", ops, admin), // last to stop: probes are answered to the end
		lifecycle.Part{Name: "reports", Run: func(ctx context.Context) error {
			return backend.Every(ctx, 50*time.Millisecond, func(context.Context) error { return nil })
		}},
		lifecycle.HTTP("api", api, public),
	)
	logger.Info("stopped", "cause", context.Cause(ctx), "orders", orders.Load(), "err", err)
	return err
}

// alwaysThere stands for a database pool.
type alwaysThere struct{}

func (alwaysThere) Ping(context.Context) error { return nil }

func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}
