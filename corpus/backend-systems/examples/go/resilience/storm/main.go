// Command storm counts how many requests reach a service that is down, for three ways to retry.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"gnomon.example/examples/resilience/guard"
)

const requests = 200

// thrice is the retry loop that each layer of the first run has.
func thrice(call func() error) (err error) {
	for range 3 {
		if err = call(); err == nil {
			return nil
		}
	}
	return err
}

func main() {
	var arrived atomic.Int64
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer down.Close()

	get := func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, down.URL, http.NoBody)
		if err != nil {
			return 0, err
		}
		res, err := down.Client().Do(req)
		if err != nil {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode, fmt.Errorf("status %d: %w", res.StatusCode, guard.ErrTransient)
	}
	plain := func() error { _, err := get(context.Background()); return err }
	run := func(name string, call func() error) {
		arrived.Store(0)
		for range requests {
			_ = call()
		}
		fmt.Printf("%-28s %d requests became %d\n", name+":", requests, arrived.Load())
	}

	run("three layers, three tries", func() error {
		return thrice(func() error { return thrice(func() error { return thrice(plain) }) })
	})
	run("one layer, three tries", func() error { return thrice(plain) })

	guarded := guard.New[int](guard.Config{
		Name: "down", Timeout: time.Second, Attempts: 3, Base: time.Millisecond, Limit: 4 * time.Millisecond, RetryShare: 0.1,
	})
	run("budget of 10 % and breaker", func() error {
		_, err := guarded.Do(context.Background(), get)
		return err
	})
}
