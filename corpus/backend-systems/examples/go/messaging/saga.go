package messaging

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Next is the whole saga of an order: which command follows which reply, and how a refusal is undone.
func Next(state, reply string) (next, command string) {
	// region: saga-next
	switch state + " " + reply {
	case "reserving stock.reserved":
		return "charging", "payment.charge"
	case "charging payment.charged":
		return "confirmed", "order.confirm"
	case "charging payment.declined":
		return "releasing", "stock.release" // undo what was done, in reverse order
	case "releasing stock.released", "reserving stock.missing":
		return "cancelled", "order.cancel"
	}
	return state, "" // a repeated or late reply changes nothing
	// endregion: saga-next
}

type Sagas struct{ pool *pgxpool.Pool }

// OnReply moves one saga by one step; state and next command commit together.
func (s *Sagas) OnReply(ctx context.Context, sagaID, reply string) error {
	// region: saga-step
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var state string
		err := tx.QueryRow(ctx, `SELECT state FROM sagas WHERE id = $1 FOR UPDATE`, sagaID).Scan(&state)
		next, command := Next(state, reply)
		if err != nil || command == "" {
			return err
		}
		_, err = tx.Exec(ctx, `WITH moved AS (UPDATE sagas SET state = $2, changed_at = now() WHERE id = $1)
			INSERT INTO outbox (topic, key, payload) VALUES ($3, $1, jsonb_build_object('saga', $1::text))`, sagaID, next, command)
		return err
	})
	// endregion: saga-step
}
