package backend

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/jmoiron/sqlx"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// OpenSQL bounds a database/sql pool and proves that the server answers.
func OpenSQL(ctx context.Context, dsn string) (*sql.DB, error) {
	// region: sql-pool
	db, err := sql.Open("pgx", dsn) // connects to nothing yet
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	// endregion: sql-pool
	return db, nil
}

// OpenPool bounds a pgx pool, names the service on the server and proves that the server answers.
func OpenPool(ctx context.Context, dsn Secret, maxConns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn.Reveal())
	if err != nil {
		return nil, err
	}
	// region: pgx-pool
	cfg.MaxConns = maxConns
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.RuntimeParams["application_name"] = "orders"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("database does not answer: %w", err)
	}
	return pool, nil
	// endregion: pgx-pool
}

// Transfer moves cents between two accounts or does nothing.
func Transfer(ctx context.Context, pool *pgxpool.Pool, from, to int, cents int64) error {
	// region: begin-func
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "UPDATE accounts SET cents = cents - $1 WHERE id = $2 AND cents >= $1", cents, from)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrTooPoor
		}
		_, err = tx.Exec(ctx, "UPDATE accounts SET cents = cents + $1 WHERE id = $2", cents, to)
		return err
	})
	// endregion: begin-func
}

// ErrTooPoor says that an account holds less than was asked for.
var ErrTooPoor = errors.New("not enough money")

// region: in-tx
// InTx commits when work succeeds and rolls back when it fails or panics.
func InTx(ctx context.Context, db *sql.DB, work func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // sql.ErrTxDone after Commit
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// endregion: in-tx

// LeakOnError shows the mistake: the early return keeps the transaction and its connection.
func LeakOnError(ctx context.Context, pool *pgxpool.Pool, id int) error {
	// region: tx-leak
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE accounts SET cents = -1 WHERE id = $1", id); err != nil {
		return err // no Rollback: the connection never goes back
	}
	return tx.Commit(ctx)
	// endregion: tx-leak
}

// BusyConn shows the mistake: a second query while the rows of the first are open.
func BusyConn(ctx context.Context, tx pgx.Tx) error {
	// region: conn-busy
	rows, err := tx.Query(ctx, "SELECT id FROM accounts")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := tx.Exec(ctx, "UPDATE accounts SET cents = cents + 1"); err != nil {
			return err // conn busy
		}
	}
	return rows.Err()
	// endregion: conn-busy
}

// CollectFirst reads all rows before it asks again.
func CollectFirst(ctx context.Context, tx pgx.Tx) error {
	// region: collect-first
	rows, err := tx.Query(ctx, "SELECT id FROM accounts")
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE accounts SET cents = cents + 1 WHERE id = ANY($1)", ids)
	return err
	// endregion: collect-first
}

// Account is a row for pgx, sqlx and GORM alike.
type Account struct {
	ID    int
	Owner string
	Cents int64
}

// AccountsWithSQLX reads rows into structs and expands a list.
func AccountsWithSQLX(ctx context.Context, db *sqlx.DB, owners []string) ([]Account, error) {
	// region: sqlx
	query, args, err := sqlx.In("SELECT id, owner, cents FROM accounts WHERE owner IN (?) ORDER BY id", owners)
	if err != nil {
		return nil, err
	}
	var accounts []Account
	err = db.SelectContext(ctx, &accounts, db.Rebind(query), args...)
	return accounts, err
	// endregion: sqlx
}

// AccountsWithPGX maps columns to fields by name.
func AccountsWithPGX(ctx context.Context, pool *pgxpool.Pool, owners []string) ([]Account, error) {
	// region: pgx-rows
	rows, err := pool.Query(ctx, "SELECT id, owner, cents FROM accounts WHERE owner = ANY($1) ORDER BY id", owners)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	// endregion: pgx-rows
}

// OpenGORM lets GORM use a bounded pool.
func OpenGORM(pool *sql.DB) (*gorm.DB, error) {
	// region: gorm-open
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{
		SkipDefaultTransaction: true, // no BEGIN and COMMIT around single statements
		TranslateError:         true, // 23505 becomes gorm.ErrDuplicatedKey
	})
	// endregion: gorm-open
	return db, err
}

// EmptyAccountLost shows the mistake: GORM leaves zero fields of a struct out.
func EmptyAccountLost(ctx context.Context, db *gorm.DB, id int) error {
	// region: gorm-zero-lost
	return db.WithContext(ctx).Model(&Account{ID: id}).Updates(Account{Cents: 0}).Error
	// endregion: gorm-zero-lost
}

// EmptyAccount names the columns that it means.
func EmptyAccount(ctx context.Context, db *gorm.DB, id int) error {
	// region: gorm-zero
	return db.WithContext(ctx).Model(&Account{ID: id}).Select("cents").Updates(Account{Cents: 0}).Error
	// endregion: gorm-zero
}

// OnlyOneReplica runs job unless another replica runs it.
func OnlyOneReplica(ctx context.Context, pool *pgxpool.Pool, lock int64, job func(context.Context) error) (ran bool, err error) {
	// region: one-replica
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", lock).Scan(&ran); err != nil || !ran {
			return err
		}
		return job(ctx)
	})
	return ran, err
	// endregion: one-replica
}

// GORMReused shows the mistake: the chain keeps every condition that a caller adds.
func GORMReused(db *gorm.DB) *gorm.DB {
	// region: gorm-reused
	active := db.Where("cents >= ?", 0)
	// endregion: gorm-reused
	return active
}

// GORMSession can be used again and again.
func GORMSession(db *gorm.DB) *gorm.DB {
	// region: gorm-session
	active := db.Where("cents >= ?", 0).Session(&gorm.Session{})
	// endregion: gorm-session
	return active
}
