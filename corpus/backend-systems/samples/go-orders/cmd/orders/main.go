// Command orders serves the orders API and consumes payment events.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"example.com/shop/orders/internal/api"
	"example.com/shop/orders/internal/config"
	"example.com/shop/orders/internal/events"
	"example.com/shop/orders/internal/store"
)

func main() {
	cfg := config.FromEnv()
	ctx := context.Background()

	pool, err := pgxpool.New(ctx, cfg.DatabaseURL)
	if err != nil {
		slog.Error("connect to postgres", "err", err)
		os.Exit(1)
	}
	defer pool.Close()

	cache := redis.NewClient(&redis.Options{Addr: cfg.RedisAddr})
	orders := store.New(pool, cache)

	go func() {
		if err := events.Consume(ctx, cfg.AMQPURL, orders); err != nil {
			slog.Error("consumer stopped", "err", err)
		}
	}()

	srv := &http.Server{Addr: cfg.Addr, Handler: api.Router(orders)}
	slog.Info("listening", "addr", cfg.Addr)
	if err := srv.ListenAndServe(); err != nil {
		slog.Error("serve", "err", err)
		os.Exit(1)
	}
}
