package sqlopt

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Line is one position of an order.
type Line struct {
	OrderID int64
	SKU     string
}

// LinesOneByOne shows the mistake: one query for each order.
func LinesOneByOne(ctx context.Context, pool *pgxpool.Pool, orders []int64) ([]Line, error) {
	var lines []Line
	// region: n-plus-one
	for _, id := range orders {
		rows, err := pool.Query(ctx, "SELECT order_id, sku FROM lines WHERE order_id = $1", id)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	// endregion: n-plus-one
	return lines, nil
}

// LinesAtOnce reads the lines of all orders in one query.
func LinesAtOnce(ctx context.Context, pool *pgxpool.Pool, orders []int64) (map[int64][]Line, error) {
	// region: any-array
	rows, err := pool.Query(ctx,
		"SELECT order_id, sku FROM lines WHERE order_id = ANY ($1) ORDER BY order_id, sku", orders)
	if err != nil {
		return nil, err
	}
	byOrder := make(map[int64][]Line, len(orders))
	var line Line
	_, err = pgx.ForEachRow(rows, []any{&line.OrderID, &line.SKU}, func() error {
		byOrder[line.OrderID] = append(byOrder[line.OrderID], line)
		return nil
	})
	// endregion: any-array
	return byOrder, err
}

// CopyLines loads many rows through COPY.
func CopyLines(ctx context.Context, pool *pgxpool.Pool, lines []Line) (int64, error) {
	// region: copy-from
	return pool.CopyFrom(ctx, pgx.Identifier{"lines"}, []string{"order_id", "sku"},
		pgx.CopyFromSlice(len(lines), func(i int) ([]any, error) {
			return []any{lines[i].OrderID, lines[i].SKU}, nil
		}))
	// endregion: copy-from
}

// Page reads the lines after a key, not after an offset.
func Page(ctx context.Context, pool *pgxpool.Pool, after Line, limit int) ([]Line, error) {
	// region: keyset
	rows, err := pool.Query(ctx,
		"SELECT order_id, sku FROM lines WHERE (order_id, sku) > ($1, $2) ORDER BY order_id, sku LIMIT $3",
		after.OrderID, after.SKU, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
	// endregion: keyset
}

// Serializable runs fn in a serializable transaction and repeats it when it lost against another.
func Serializable(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.Serializable}
	// region: retry-serialization
	for attempt := range 5 {
		err := pgx.BeginTxFunc(ctx, pool, options, fn)
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || (pgErr.Code != "40001" && pgErr.Code != "40P01") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(10 * time.Millisecond << attempt)):
		}
	}
	// endregion: retry-serialization
	return errors.New("transaction kept losing against others")
}

// ArchiveInBatches moves old rows in short transactions until none is left.
func ArchiveInBatches(ctx context.Context, pool *pgxpool.Pool, size int) (moved int64, err error) {
	// region: batches
	for {
		tag, err := pool.Exec(ctx, `DELETE FROM lines WHERE (order_id, sku) IN (
			SELECT order_id, sku FROM lines WHERE sku LIKE 'old-%' ORDER BY order_id, sku LIMIT $1)`, size)
		if err != nil || tag.RowsAffected() == 0 {
			return moved, err
		}
		moved += tag.RowsAffected()
	}
	// endregion: batches
}
