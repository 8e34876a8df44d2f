// Package messaging shows consumers and producers that lose nothing and repeat nothing: inbox, outbox, sagas, Kafka, RabbitMQ, NATS and Redis Streams.
package messaging

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrPermanent marks a message that no retry will ever handle.
var ErrPermanent = errors.New("permanent")

// Payment is the message that the examples consume.
type Payment struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
}

type Billing struct{ pool *pgxpool.Pool }

// Apply adds the payment to the account once, however often the message is delivered.
// region: inbox
func (b *Billing) Apply(ctx context.Context, p Payment) error {
	return pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO inbox (consumer, message_id)
			VALUES ('billing', $1) ON CONFLICT DO NOTHING`, p.ID)
		if err != nil || tag.RowsAffected() == 0 {
			return err // nil: a duplicate is acknowledged like the first delivery
		}
		_, err = tx.Exec(ctx, `UPDATE accounts SET cents = cents + $2 WHERE id = $1`, p.Account, p.Cents)
		return err
	}) // acknowledge the message after this commit
}

// endregion: inbox

// ApplyMarkedFirst remembers the message in one transaction and changes the account in another.
// region: inbox-split
func (b *Billing) ApplyMarkedFirst(ctx context.Context, p Payment) error {
	tag, err := b.pool.Exec(ctx, `INSERT INTO inbox (consumer, message_id)
		VALUES ('billing', $1) ON CONFLICT DO NOTHING`, p.ID)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	// a crash or an error here: the redelivery is taken for a duplicate
	_, err = b.pool.Exec(ctx, `UPDATE accounts SET cents = cents + $2 WHERE id = $1`, p.Account, p.Cents)
	return err
}

// endregion: inbox-split

type Orders struct{ pool *pgxpool.Pool }

// SetStatus drops an event that is older than what the row already shows.
// region: newer-wins
func (o *Orders) SetStatus(ctx context.Context, id, status string, version int64) (applied bool, err error) {
	tag, err := o.pool.Exec(ctx, `INSERT INTO orders (id, status, version) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
		WHERE orders.version < excluded.version`, id, status, version)
	return tag.RowsAffected() == 1, err
}

// endregion: newer-wins
