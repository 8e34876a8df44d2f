// Command example runs a worker and a refresher, stops them on a signal, and shows that nothing is left behind.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"gnomon.example/examples/goroutines/background"
)

func main() {
	before := runtime.NumGoroutine()
	ctx, stop := context.WithTimeout(context.Background(), 120*time.Millisecond) // stands for SIGTERM
	defer stop()
	jobs, done, refreshed := make(chan int), atomic.Int32{}, atomic.Bool{}
	err := background.Run(ctx, slog.New(slog.DiscardHandler),
		background.Part{Name: "producer", Run: func(ctx context.Context) error {
			for n := 0; ; n++ {
				select {
				case jobs <- n:
					time.Sleep(time.Millisecond)
				case <-ctx.Done():
					return nil
				}
			}
		}},
		background.Part{Name: "worker", Run: func(ctx context.Context) error {
			for {
				select {
				case <-jobs:
					done.Add(1)
				case <-ctx.Done():
					return nil
				}
			}
		}},
		background.Part{Name: "refresher", Run: func(ctx context.Context) error {
			ticker := time.NewTicker(20 * time.Millisecond)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					refreshed.Store(true)
				case <-ctx.Done():
					return nil
				}
			}
		}},
	)
	fmt.Println("error:", err)
	fmt.Println("worked:", done.Load() > 0, "refreshed:", refreshed.Load())
	fmt.Println("goroutines left over:", runtime.NumGoroutine()-before)
}
