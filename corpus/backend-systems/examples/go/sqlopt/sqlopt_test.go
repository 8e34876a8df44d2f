package sqlopt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// counter counts the statements that reach the server.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func database(t *testing.T) (*pgxpool.Pool, *counter) {
	t.Helper()
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("go_%d", time.Now().UnixNano())
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	queries := &counter{}
	cfg.ConnConfig.Tracer = queries
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"CREATE SCHEMA " + schema,
		"CREATE TABLE lines (order_id bigint NOT NULL, sku text NOT NULL, PRIMARY KEY (order_id, sku))",
		"CREATE TABLE accounts (id integer PRIMARY KEY, cents bigint NOT NULL)",
		"INSERT INTO accounts VALUES (1, 100), (2, 100)",
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		pool.Close()
	})
	return pool, queries
}

func fill(t *testing.T, pool *pgxpool.Pool, prefix string, orders, each int) []int64 {
	t.Helper()
	var ids []int64
	var lines []Line
	for id := range int64(orders) {
		ids = append(ids, id)
		for n := range each {
			lines = append(lines, Line{id, fmt.Sprintf("%s-%d", prefix, n)})
		}
	}
	if n, err := CopyLines(t.Context(), pool, lines); err != nil || n != int64(len(lines)) {
		t.Fatalf("copied %d: %v", n, err)
	}
	return ids
}

func TestOneQueryForAllOrdersReadsTheSameLines(t *testing.T) {
	pool, queries := database(t)
	ids := fill(t, pool, "sku", 50, 3)
	queries.n.Store(0)
	slow, err := LinesOneByOne(t.Context(), pool, ids)
	if err != nil || len(slow) != 150 || queries.n.Load() != 50 {
		t.Fatalf("%d lines in %d queries: %v", len(slow), queries.n.Load(), err)
	}
	queries.n.Store(0)
	fast, err := LinesAtOnce(t.Context(), pool, ids)
	if err != nil || len(fast) != 50 || len(fast[7]) != 3 || queries.n.Load() != 1 {
		t.Fatalf("%d orders in %d queries: %v", len(fast), queries.n.Load(), err)
	}
}

func TestKeysetPagesFollowEachOther(t *testing.T) {
	pool, _ := database(t)
	fill(t, pool, "sku", 10, 10)
	seen, last := 0, Line{OrderID: -1}
	for {
		page, err := Page(t.Context(), pool, last, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		seen, last = seen+len(page), page[len(page)-1]
	}
	if seen != 100 {
		t.Fatalf("saw %d lines", seen)
	}
}

func TestBatchesRemoveOnlyWhatIsOld(t *testing.T) {
	pool, _ := database(t)
	fill(t, pool, "old", 20, 5)
	fill(t, pool, "new", 20, 5)
	moved, err := ArchiveInBatches(t.Context(), pool, 30)
	if err != nil || moved != 100 {
		t.Fatalf("moved %d: %v", moved, err)
	}
}

func transfer(ctx context.Context, tx pgx.Tx) error {
	var sum int64
	if err := tx.QueryRow(ctx, "SELECT sum(cents) FROM accounts").Scan(&sum); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE accounts SET cents = $1 WHERE id = 1", sum)
	return err
}

func TestSerializableTransactionsAreRepeated(t *testing.T) {
	pool, _ := database(t)
	var tries atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, 4)
	for range 4 {
		group.Go(func() {
			failed <- Serializable(t.Context(), pool, func(tx pgx.Tx) error {
				tries.Add(1)
				time.Sleep(20 * time.Millisecond)
				return transfer(t.Context(), tx)
			})
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Fatal(err)
		}
	}
	var cents int64
	if err := pool.QueryRow(t.Context(), "SELECT cents FROM accounts WHERE id = 1").Scan(&cents); err != nil || cents != 500 {
		t.Fatalf("cents = %d (%v), want 500: four transfers of what is on account 2", cents, err)
	}
	if tries.Load() <= 4 {
		t.Fatalf("only %d tries: nothing was repeated", tries.Load())
	}
}

func TestOppositeLockOrderIsADeadlock(t *testing.T) {
	pool, _ := database(t)
	lock := func(first, second int) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "UPDATE accounts SET cents = cents + 1 WHERE id = $1", first); err != nil {
				return err
			}
			time.Sleep(100 * time.Millisecond)
			_, err := tx.Exec(t.Context(), "UPDATE accounts SET cents = cents + 1 WHERE id = $1", second)
			return err
		})
	}
	failures := make(chan error, 2)
	go func() { failures <- lock(1, 2) }()
	go func() { failures <- lock(2, 1) }()
	var codes []string
	for range 2 {
		var pgErr *pgconn.PgError
		if errors.As(<-failures, &pgErr) {
			codes = append(codes, pgErr.Code)
		}
	}
	if len(codes) != 1 || codes[0] != "40P01" {
		t.Fatalf("codes %v, want one 40P01", codes)
	}
	go func() { failures <- lock(1, 2) }()
	go func() { failures <- lock(1, 2) }()
	if err := errors.Join(<-failures, <-failures); err != nil {
		t.Fatalf("the same order deadlocks: %v", err)
	}
}

func TestThePoolBoundsConnectionsAndStatements(t *testing.T) {
	database(t)
	pool, err := NewPool(t.Context(), os.Getenv("GNOMON_TEST_POSTGRES_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var timeout string
	if err := pool.QueryRow(t.Context(), "SHOW statement_timeout").Scan(&timeout); err != nil || timeout != "15s" || pool.Config().MaxConns != 10 {
		t.Fatalf("%s, %d connections: %v", timeout, pool.Config().MaxConns, err)
	}
	cfg := pool.Config()
	BehindPgBouncer(cfg)
	if cfg.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeExec {
		t.Fatal("the mode was not set")
	}
}
