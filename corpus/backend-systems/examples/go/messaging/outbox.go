package messaging

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Outgoing is one row of the outbox.
type Outgoing struct {
	ID        int64
	MessageID string
	Topic     string
	Key       string
	Payload   []byte
}

// PlaceOrder stores the order and its event, or neither.
// region: outbox-write
func PlaceOrder(ctx context.Context, pool *pgxpool.Pool, id string, event []byte) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO orders (id, status, version) VALUES ($1, 'new', 1)`, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO outbox (topic, key, payload) VALUES ('orders', $1, $2)`, id, event)
		return err
	})
}

// endregion: outbox-write

// PlaceOrderThenPublish writes to two systems, and a crash between them loses the event.
// region: dual-write
func PlaceOrderThenPublish(ctx context.Context, pool *pgxpool.Pool, id string, event []byte,
	publish func(ctx context.Context, key string, event []byte) error) error {
	if _, err := pool.Exec(ctx, `INSERT INTO orders (id, status, version) VALUES ($1, 'new', 1)`, id); err != nil {
		return err
	}
	return publish(ctx, id, event) // the order stays when this fails, and nobody hears of it
}

// endregion: dual-write

// Relay moves rows from the outbox to the broker.
type Relay struct {
	pool    *pgxpool.Pool
	publish func(ctx context.Context, batch []Outgoing) error // returns when the broker has stored all of them
}

// Once sends up to 100 rows in the order of their ids. Only one relay of the fleet sends at a time.
func (r *Relay) Once(ctx context.Context) (sent int, err error) {
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		// region: outbox-relay
		if mine, err := tryLock(ctx, tx); err != nil || !mine {
			return err // pg_try_advisory_xact_lock: another pod relays
		}
		batch, err := nextRows(ctx, tx) // SELECT ... FROM outbox ORDER BY id LIMIT 100
		if err != nil {
			return err
		}
		if err := r.publish(ctx, batch); err != nil { // nil: the broker has stored all of them
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM outbox WHERE id = ANY($1)`, ids(batch))
		// endregion: outbox-relay
		sent = len(batch)
		return err
	})
	if err != nil {
		return 0, err
	}
	return sent, nil
}

func tryLock(ctx context.Context, tx pgx.Tx) (mine bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('outbox-relay'))`).Scan(&mine)
	return mine, err
}

func nextRows(ctx context.Context, tx pgx.Tx) ([]Outgoing, error) {
	rows, err := tx.Query(ctx, `SELECT id, message_id::text, topic, key, payload::text::bytea AS payload FROM outbox ORDER BY id LIMIT 100`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Outgoing])
}

func ids(batch []Outgoing) []int64 {
	all := make([]int64, len(batch))
	for i, row := range batch {
		all[i] = row.ID
	}
	return all
}

// AfterCursor reads what came after the last id. Ids are given before the commit, so it skips rows.
// region: outbox-cursor
func AfterCursor(ctx context.Context, pool *pgxpool.Pool, last int64) (next int64, found []int64, err error) {
	rows, err := pool.Query(ctx, `SELECT id FROM outbox WHERE id > $1 ORDER BY id`, last)
	if err != nil {
		return last, nil, err
	}
	found, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	if len(found) > 0 {
		last = found[len(found)-1] // a smaller id that commits later is never read
	}
	return last, found, err
}

// endregion: outbox-cursor
