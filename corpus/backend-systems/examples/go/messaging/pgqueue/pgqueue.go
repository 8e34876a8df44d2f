// Package pgqueue runs jobs from the table jobs in PostgreSQL: leases, growing pauses, dead jobs, clean shutdown.
package pgqueue

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrPermanent marks an error that no retry mends. Wrap it: fmt.Errorf("%w: no such template", ErrPermanent).
var ErrPermanent = errors.New("permanent")

type Job struct {
	ID       int64
	Kind     string
	Payload  json.RawMessage
	Attempts int // counts this one
}

// Config holds the parameters. All of them are required.
type Config struct {
	Pool        *pgxpool.Pool
	Handle      func(ctx context.Context, job Job) error // may run twice for one job: make it idempotent
	Workers     int                                      // jobs at the same time in this process
	Lease       time.Duration                            // after it another worker takes the job; the handler gets 4/5 of it
	MaxAttempts int                                      // then the job is dead and waits for a person
	Poll        time.Duration                            // longest wait for a job when a notification was lost
	Grace       time.Duration                            // on shutdown running handlers are cancelled after it
}

type Queue struct {
	cfg  Config
	wake chan struct{}
	Lost atomic.Int64 // jobs finished after their lease had ended: raise Lease
}

func New(cfg Config) *Queue { return &Queue{cfg: cfg, wake: make(chan struct{}, cfg.Workers)} }

// Enqueue adds a job in the caller's transaction: it exists if and only if that transaction commits.
// region: enqueue
func Enqueue(ctx context.Context, tx pgx.Tx, kind string, payload any) error {
	_, err := tx.Exec(ctx, `INSERT INTO jobs (kind, payload) VALUES ($1, $2)`, kind, payload)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT pg_notify('jobs', '')`) // sent on commit
	}
	return err
}

// endregion: enqueue

// Run works until ctx ends, then claims nothing more and waits for the running handlers.
// region: run
func (q *Queue) Run(ctx context.Context) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx)) // handlers outlive the signal
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(q.cfg.Grace, cancel) })()
	var running sync.WaitGroup
	running.Go(func() { q.listen(ctx) })
	for range q.cfg.Workers {
		running.Go(func() { q.worker(ctx, work) })
	}
	running.Wait()
}

// endregion: run

func (q *Queue) worker(ctx, work context.Context) {
	for ctx.Err() == nil {
		job, err := q.claim(ctx)
		if err == nil {
			q.signal() // there may be more: pass the notification on
			q.finish(work, job, q.handle(work, job))
			continue
		}
		if !errors.Is(err, pgx.ErrNoRows) && ctx.Err() == nil {
			slog.Error("claim job", "err", err)
		}
		select {
		case <-q.wake:
		case <-time.After(q.cfg.Poll):
		case <-ctx.Done():
		}
	}
}

// claim hides one due job from the other workers until its lease ends.
// region: claim
func (q *Queue) claim(ctx context.Context) (job Job, err error) {
	err = q.cfg.Pool.QueryRow(ctx, `
		WITH due AS MATERIALIZED (
			SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= now()
			ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
		UPDATE jobs SET attempts = attempts + 1, run_at = now() + $1::interval
		FROM due WHERE jobs.id = due.id
		RETURNING jobs.id, kind, payload, attempts`, q.cfg.Lease).
		Scan(&job.ID, &job.Kind, &job.Payload, &job.Attempts)
	return job, err
}

// endregion: claim

func (q *Queue) handle(work context.Context, job Job) error {
	if job.Attempts > q.cfg.MaxAttempts { // each earlier attempt ended with the process
		return ErrPermanent
	}
	ctx, cancel := context.WithTimeout(work, q.cfg.Lease*4/5)
	defer cancel()
	return q.cfg.Handle(ctx, job)
}

// finish changes the job only while its lease is ours: attempts is the fencing token.
func (q *Queue) finish(work context.Context, job Job, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), 5*time.Second)
	defer cancel()
	statement, arguments := `DELETE FROM jobs WHERE id = $1 AND attempts = $2`, []any{job.ID, job.Attempts}
	if dead := job.Attempts >= q.cfg.MaxAttempts || errors.Is(failure, ErrPermanent); failure != nil && dead {
		statement = `UPDATE jobs SET dead_at = now(), last_error = $3 WHERE id = $1 AND attempts = $2`
		arguments = append(arguments, failure.Error())
	} else if failure != nil {
		statement = `UPDATE jobs SET run_at = now() + $4::interval, last_error = $3 WHERE id = $1 AND attempts = $2`
		arguments = append(arguments, failure.Error(), pause(job.Attempts))
	}
	if tag, err := q.cfg.Pool.Exec(ctx, statement, arguments...); err != nil || tag.RowsAffected() == 0 {
		q.Lost.Add(1) // the job will run again
	}
}

// pause is one second, doubled for each attempt, at most ten minutes, half of it random.
func pause(attempts int) time.Duration {
	longest := min(time.Second<<min(attempts-1, 10), 10*time.Minute)
	return longest/2 + rand.N(longest/2)
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// listen holds one connection of its own, outside of any transaction pooler.
func (q *Queue) listen(ctx context.Context) {
	// region: listen
	for ; ctx.Err() == nil; sleep(ctx, time.Second) { // after an error: connect again, polling bridges the gap
		conn, err := pgx.ConnectConfig(ctx, q.cfg.Pool.Config().ConnConfig)
		if err != nil {
			continue
		}
		_, err = conn.Exec(ctx, `LISTEN jobs`)
		for ; err == nil; q.signal() {
			_, err = conn.WaitForNotification(ctx)
		}
		_ = conn.Close(context.WithoutCancel(ctx))
	}
	// endregion: listen
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
