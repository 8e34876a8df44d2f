// Package sqlopt holds the Go code that the methodology sql-optimization shows.
package sqlopt

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// NewPool opens a pool whose size is a decision and not a default.
func NewPool(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	// region: pool
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 10
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 10 * time.Minute
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "15000"
	return pgxpool.NewWithConfig(ctx, cfg)
	// endregion: pool
}

// BehindPgBouncer prepares a configuration for transaction pooling.
func BehindPgBouncer(cfg *pgxpool.Config) {
	// region: pgbouncer
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	// endregion: pgbouncer
}
