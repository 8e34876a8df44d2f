package resilience

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// IdempotencyTable holds one row per key; a job deletes rows older than a day.
const IdempotencyTable = `CREATE TABLE idempotency_keys (
	account_id bigint NOT NULL, key text NOT NULL, request_hash bytea NOT NULL,
	status integer, body bytea, created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account_id, key))`

// Reply is a stored response.
type Reply struct {
	Status int
	Body   []byte
}

// What an idempotent endpoint answers without doing anything.
var (
	ErrKeyReused = errors.New("the key was used for another request") // 422
	ErrRunning   = errors.New("the first request is still running")   // 409
)

// Once runs effect for the first request with a key, and returns its reply to all.
func Once(ctx context.Context, db *pgxpool.Pool, account int64, key string, request []byte, effect func(pgx.Tx) (Reply, error)) (reply Reply, err error) {
	// region: idempotent
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) (err error) {
		var first bool
		if reply, first, err = claim(ctx, tx, account, key, request); err != nil || !first {
			return err
		}
		if reply, err = effect(tx); err != nil {
			return err // the rollback frees the key
		}
		return save(ctx, tx, account, key, reply)
	})
	// endregion: idempotent
	return reply, err
}

func claim(ctx context.Context, tx pgx.Tx, account int64, key string, request []byte) (reply Reply, first bool, err error) {
	hash := sha256.Sum256(request)
	// region: claim-key
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '2s'`); err != nil {
		return reply, false, err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (account_id, key, request_hash)
		VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, account, key, hash[:]) // waits for a running twin
	if err != nil || tag.RowsAffected() == 1 {
		return reply, true, running(err)
	}
	reply, err = stored(ctx, tx, account, key, hash[:])
	return reply, false, err
	// endregion: claim-key
}

func running(err error) error {
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() == "55P03" { // lock_not_available
		return ErrRunning
	}
	return err
}

func stored(ctx context.Context, tx pgx.Tx, account int64, key string, hash []byte) (reply Reply, err error) {
	var seen []byte
	err = tx.QueryRow(ctx, `SELECT request_hash, status, body FROM idempotency_keys WHERE account_id = $1 AND key = $2`,
		account, key).Scan(&seen, &reply.Status, &reply.Body)
	if err == nil && string(seen) != string(hash) {
		err = ErrKeyReused
	}
	return reply, err
}

func save(ctx context.Context, tx pgx.Tx, account int64, key string, reply Reply) error {
	_, err := tx.Exec(ctx, `UPDATE idempotency_keys SET status = $3, body = $4 WHERE account_id = $1 AND key = $2`,
		account, key, reply.Status, reply.Body)
	return err
}
