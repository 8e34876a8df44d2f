package dbdesign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// database is a pool in a schema of its own, whose sessions have a role without the rights of a superuser.
func database(t *testing.T) (*pgxpool.Pool, *sql.DB) {
	t.Helper()
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("go_design_%d", time.Now().UnixNano())
	admin, err := pgx.ConnectConfig(ctx, cfg.ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(ctx) })
	if _, err := admin.Exec(ctx, "CREATE SCHEMA "+schema+"; CREATE ROLE "+schema+"; GRANT ALL ON SCHEMA "+schema+" TO "+schema); err != nil {
		t.Fatal(err)
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	db := stdlib.OpenDB(*cfg.ConnConfig.Copy())
	t.Cleanup(func() { _ = db.Close() })
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SET ROLE "+schema)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pool.Close()
		_, _ = admin.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE; DROP ROLE "+schema)
	})
	return pool, db
}

func migrated(t *testing.T) *pgxpool.Pool {
	pool, db := database(t)
	if err := Migrate(context.Background(), db, Migrations()); err != nil {
		t.Fatal(err)
	}
	var role string
	if err := pool.QueryRow(context.Background(), "SELECT current_role").Scan(&role); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + role + " TO " + role); err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	_, db := database(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := Migrate(context.Background(), db, Migrations()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var applied int
	if err := db.QueryRow("SELECT count(*) FROM goose_db_version WHERE version_id > 0").Scan(&applied); err != nil || applied != 2 {
		t.Error(applied, err)
	}
}

func TestIDsAreSortedByTime(t *testing.T) {
	var last uuid.UUID
	for range 1000 {
		id, err := NewID()
		if err != nil || id.Version() != 7 || id.String() <= last.String() {
			t.Fatal(id, err)
		}
		last = id
	}
}

func TestTenantSeesItsOwnRowsAndTheSettingEndsWithTheTransaction(t *testing.T) {
	pool, ctx := migrated(t), context.Background()
	add := func(tx pgx.Tx) error {
		id, _ := NewID()
		_, err := tx.Exec(ctx, "INSERT INTO notes (id, body) VALUES ($1, 'x')", id)
		return err
	}
	count := func(tenant int64) (n int) {
		if err := InTenant(ctx, pool, tenant, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, "SELECT count(*) FROM notes").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := InTenant(ctx, pool, 1, add); err != nil {
		t.Fatal(err)
	}
	if count(1) != 1 || count(2) != 0 {
		t.Error(count(1), count(2))
	}
	var n int
	if err := pool.QueryRow(ctx, "SELECT count(*) FROM notes").Scan(&n); err == nil {
		t.Error("without a tenant the query has to fail")
	}
}

func TestSecondWriterIsToldThatTheRowHasChanged(t *testing.T) {
	pool, ctx := migrated(t), context.Background()
	id, _ := NewID()
	err := InTenant(ctx, pool, 1, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO notes (id, body) VALUES ($1, 'first')", id); err != nil {
			return err
		}
		if err := SaveNote(ctx, tx, id, 1, "second"); err != nil {
			return err
		}
		return SaveNote(ctx, tx, id, 1, "from the old version")
	})
	if !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
}

func TestMoneyDoesNotDrift(t *testing.T) {
	if got := (Money{1999, "EUR"}).Share(big.NewRat(19, 100)); got.Minor != 380 {
		t.Error(got)
	}
	drift := 0.0
	for range 10 {
		drift += 0.1
	}
	if drift == 1.0 {
		t.Error("floats add up after all")
	}
}

func TestWallClockTimeFollowsTheZone(t *testing.T) {
	winter, err := AtNine(2026, time.January, 5, "Europe/Berlin")
	summer, err2 := AtNine(2026, time.July, 5, "Europe/Berlin")
	if err != nil || err2 != nil || winter.Hour() != 8 || summer.Hour() != 7 {
		t.Error(winter, summer, err, err2)
	}
}

func TestAutoMigrateLeavesTheOldColumnBehind(t *testing.T) {
	_, db := database(t)
	orm, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL DEFAULT '')"); err != nil {
		t.Fatal(err)
	}
	if err := AutoMigrate(orm); err != nil {
		t.Fatal(err)
	}
	var columns int
	if err := db.QueryRow(`SELECT count(*) FROM information_schema.columns
		WHERE table_name = 'users' AND table_schema = current_schema() AND column_name IN ('email', 'mail')`).Scan(&columns); err != nil || columns != 2 {
		t.Error("expected both columns:", columns, err)
	}
}

func TestOneExecWithParametersRunsOneStatement(t *testing.T) {
	pool, _ := database(t)
	_, err := pool.Exec(context.Background(), "SELECT $1::int; SELECT 2", 1)
	if err == nil || err.Error() != "ERROR: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)" {
		t.Error(err)
	}
}
