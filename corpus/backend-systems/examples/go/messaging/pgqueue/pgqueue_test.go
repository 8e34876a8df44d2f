package pgqueue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// database gives a pool in a schema of its own, with the tables of examples/sql/queues.sql.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("pgqueue_%d", time.Now().UnixNano())
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	cfg.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../../sql/queues.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(script), "-- region: queue-table")
	table, _, _ = strings.Cut(table, "-- endregion: queue-table")
	if _, err := pool.Exec(t.Context(), "CREATE SCHEMA "+schema+";"+table); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		pool.Close()
	})
	return pool
}

func add(t *testing.T, pool *pgxpool.Pool, n int) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		for i := range n {
			if err := Enqueue(t.Context(), tx, "mail", map[string]int{"n": i}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, pool *pgxpool.Pool, where string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM jobs WHERE "+where).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func config(pool *pgxpool.Pool, handle func(context.Context, Job) error) Config {
	return Config{
		Pool: pool, Handle: handle, Workers: 4, Lease: 10 * time.Second, MaxAttempts: 3,
		Poll: 5 * time.Second, Grace: time.Second,
	}
}

// run starts the queue and stops it when the test or the returned function ends it.
func run(t *testing.T, q *Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not within two seconds: %s", what)
}

func TestEveryJobRunsOnceAndNotificationsWakeAllWorkers(t *testing.T) {
	pool := database(t)
	var ran atomic.Int64
	q := New(config(pool, func(context.Context, Job) error { ran.Add(1); return nil }))
	stop := run(t, q)
	defer stop()
	time.Sleep(150 * time.Millisecond) // the workers are idle and wait; Poll is five seconds
	add(t, pool, 40)
	eventually(t, "40 jobs are gone", func() bool { return count(t, pool, "true") == 0 })
	if ran.Load() != 40 || q.Lost.Load() != 0 {
		t.Fatalf("%d runs, %d lost", ran.Load(), q.Lost.Load())
	}
}

func TestARolledBackTransactionEnqueuesNothing(t *testing.T) {
	pool := database(t)
	_ = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := Enqueue(t.Context(), tx, "mail", map[string]int{"n": 1}); err != nil {
			t.Error(err)
		}
		return errors.New("the order was not stored")
	})
	if n := count(t, pool, "true"); n != 0 {
		t.Fatalf("%d jobs", n)
	}
}

func TestFailuresAreRetriedLaterAndPermanentOnesDieAtOnce(t *testing.T) {
	pool := database(t)
	add(t, pool, 2)
	q := New(config(pool, func(_ context.Context, job Job) error {
		if strings.Contains(string(job.Payload), "1") {
			return fmt.Errorf("%w: no such template", ErrPermanent)
		}
		return errors.New("smtp: connection refused")
	}))
	stop := run(t, q)
	eventually(t, "one is dead, one is delayed", func() bool {
		return count(t, pool, "dead_at IS NOT NULL AND attempts = 1") == 1 &&
			count(t, pool, "dead_at IS NULL AND run_at > now() AND last_error LIKE '%refused'") == 1
	})
	stop()
}

func TestAJobThatKillsItsWorkerDies(t *testing.T) {
	pool := database(t)
	add(t, pool, 1)
	q := New(config(pool, func(context.Context, Job) error { t.Error("handled once more"); return nil }))
	for range 3 { // three workers claimed it and were killed
		if _, err := q.claim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := q.claim(t.Context()); !errors.Is(err, pgx.ErrNoRows) {
			t.Fatalf("a leased job was given twice: %v", err)
		}
		if _, err := pool.Exec(t.Context(), "UPDATE jobs SET run_at = now()"); err != nil { // the lease ends
			t.Fatal(err)
		}
	}
	stop := run(t, q)
	eventually(t, "the job is dead", func() bool { return count(t, pool, "dead_at IS NOT NULL") == 1 })
	stop()
}

func TestAWorkerWhoseLeaseEndedCannotFinish(t *testing.T) {
	pool := database(t)
	add(t, pool, 1)
	q := New(config(pool, nil))
	slow, err := q.claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE jobs SET run_at = now()"); err != nil {
		t.Fatal(err)
	}
	second, err := q.claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q.finish(t.Context(), slow, nil)
	if q.Lost.Load() != 1 || count(t, pool, "true") != 1 {
		t.Fatal("the slow worker deleted a job that another one holds")
	}
	q.finish(t.Context(), second, nil)
	if count(t, pool, "true") != 0 {
		t.Fatal("the holder could not finish")
	}
}

func TestShutdownWaitsForRunningJobsAndClaimsNoMore(t *testing.T) {
	pool := database(t)
	add(t, pool, 20)
	started := make(chan struct{}, 20)
	q := New(config(pool, func(ctx context.Context, _ Job) error {
		started <- struct{}{}
		select {
		case <-time.After(150 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	stop := run(t, q)
	for range 4 {
		<-started
	}
	stop()
	if left, failed := count(t, pool, "true"), count(t, pool, "last_error IS NOT NULL"); left != 16 || failed != 0 {
		t.Fatalf("%d left, %d failed; want 16 untouched and none failed", left, failed)
	}
}

func TestPausesGrowAndAreBounded(t *testing.T) {
	for attempts := 1; attempts < 40; attempts++ {
		longest := min(time.Second<<min(attempts-1, 10), 10*time.Minute)
		if p := pause(attempts); p < longest/2 || p > longest {
			t.Fatalf("pause(%d) = %v", attempts, p)
		}
	}
}
