package backend

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// Orders is a handler with everything it needs, given by its maker.
type Orders struct {
	store  OrderStore
	now    func() time.Time
	logger *slog.Logger
}

// region: constructor
// OrderStore is what Orders asks of a database.
type OrderStore interface {
	Count(ctx context.Context, since time.Time) (int, error)
}

// NewOrders is the only way to get an Orders that works.
func NewOrders(store OrderStore, now func() time.Time, logger *slog.Logger) *Orders {
	return &Orders{store, now, logger}
}

// endregion: constructor

func (o *Orders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	count, err := o.store.Count(r.Context(), o.now().Add(-24*time.Hour))
	if err != nil {
		o.logger.ErrorContext(r.Context(), "count orders", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%d orders today", count)
}

// region: global-db
// DB shows the mistake: it connects when the package is imported, tests included.
var DB = mustOpen(os.Getenv("DATABASE_URL"))

// endregion: global-db

func mustOpen(dsn string) *sql.DB {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		panic(err)
	}
	return db
}
