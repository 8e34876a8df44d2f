// Package dbdesign shows how Go code works with keys, money, tenants, versions and migrations.
package dbdesign

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrate applies what is new.
func Migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	// region: migrate
	locker, err := lock.NewPostgresSessionLocker() // replicas that start together wait for one of them
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
	// endregion: migrate
}

// Migrations are the files of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// region: new-id
// NewID is sorted by time like an identity column, and made without asking the database.
func NewID() (uuid.UUID, error) {
	return uuid.NewV7()
}

// endregion: new-id

// region: in-tenant
// InTenant runs work in a transaction that sees the rows of one tenant.
func InTenant(ctx context.Context, db *pgxpool.Pool, tenant int64, work func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		// true: for this transaction only, so the next user of the connection starts clean
		if _, err := tx.Exec(ctx, `SELECT set_config('app.tenant', $1, true)`, strconv.FormatInt(tenant, 10)); err != nil {
			return err
		}
		return work(tx)
	})
}

// endregion: in-tenant

// ErrChanged says that somebody else changed the row first.
var ErrChanged = errors.New("changed by somebody else")

// region: version-check
func SaveNote(ctx context.Context, tx pgx.Tx, id uuid.UUID, seen int, body string) error {
	tag, err := tx.Exec(ctx, `UPDATE notes SET body = $3, version = version + 1
		WHERE id = $1 AND version = $2`, id, seen, body)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrChanged // 409 or 412: show the newer version
	}
	return err
}

// endregion: version-check

// region: money
// Money counts the smallest unit of a currency.
type Money struct {
	Minor    int64
	Currency string
}

// Share rounds half up, and only here.
func (m Money) Share(rate *big.Rat) Money {
	half := new(big.Rat).Add(new(big.Rat).Mul(big.NewRat(m.Minor, 1), rate), big.NewRat(1, 2))
	return Money{new(big.Int).Div(half.Num(), half.Denom()).Int64(), m.Currency}
}

// endregion: money

// region: moments
// AtNine is 9:00 on a wall clock; the offset of the day is looked up when it is needed.
func AtNine(year int, month time.Month, day int, zone string) (time.Time, error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone %q: %w", zone, err)
	}
	return time.Date(year, month, day, 9, 0, 0, 0, place).UTC(), nil
}

// endregion: moments

// User is a GORM model.
type User struct {
	ID   int64
	Mail string
}

// region: auto-migrate
// AutoMigrate at start is no migration: it adds, and never renames, drops or asks.
func AutoMigrate(db *gorm.DB) error {
	return db.AutoMigrate(&User{})
}

// endregion: auto-migrate
