package backend

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	"gnomon.example/examples/backend/orderdb"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// dsn returns the address of a fresh schema with two accounts.
func dsn(t *testing.T) string {
	t.Helper()
	address := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if address == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	schema := fmt.Sprintf("backend_%d", time.Now().UnixNano())
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	orders, err := os.ReadFile("orderdb/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), strings.Join([]string{
		"CREATE SCHEMA " + schema,
		"SET search_path TO " + schema,
		"CREATE TABLE accounts (id integer PRIMARY KEY, owner text NOT NULL, cents bigint NOT NULL CHECK (cents >= 0))",
		"INSERT INTO accounts VALUES (1, 'ada', 100), (2, 'bob', 0)",
		string(orders),
	}, ";\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		_ = conn.Close(context.Background())
	})
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "search_path=" + schema
}

func pool(t *testing.T, maxConns int32) *pgxpool.Pool {
	t.Helper()
	p, err := OpenPool(t.Context(), Secret(dsn(t)), maxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func sqlDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := OpenSQL(t.Context(), dsn(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestTransferIsAllOrNothing(t *testing.T) {
	p := pool(t, 2)
	if err := Transfer(t.Context(), p, 1, 2, 60); err != nil {
		t.Fatal(err)
	}
	if err := Transfer(t.Context(), p, 1, 2, 60); !errors.Is(err, ErrTooPoor) {
		t.Fatal(err)
	}
	accounts, err := AccountsWithPGX(t.Context(), p, []string{"ada", "bob"})
	if want := []Account{{1, "ada", 40}, {2, "bob", 60}}; err != nil || !slices.Equal(accounts, want) {
		t.Error(accounts, err)
	}
	if p.Stat().AcquiredConns() != 0 {
		t.Error("a connection is still out")
	}
}

func TestATransactionWithoutRollbackKeepsItsConnection(t *testing.T) {
	address := dsn(t)
	p, err := OpenPool(t.Context(), Secret(address), 1)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if err := p.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if err := LeakOnError(t.Context(), p, 1); err == nil {
		t.Fatal("the check constraint did not fire")
	}
	if out := p.Stat().AcquiredConns(); out != 1 {
		t.Errorf("%d connections are out", out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	closed := make(chan struct{})
	go func() { p.Close(); close(closed) }()
	select {
	case <-closed:
		t.Error("Close did not wait for the lost connection")
	case <-time.After(100 * time.Millisecond):
	}
	other, err := pgx.Connect(t.Context(), address) // the lost transaction holds locks until its session ends
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	if _, err := other.Exec(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid); err != nil {
		t.Error(err)
	}
}

func TestOpenRowsMakeTheConnectionBusy(t *testing.T) {
	p := pool(t, 1)
	err := pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return BusyConn(t.Context(), tx) })
	if err == nil || !strings.Contains(err.Error(), "conn busy") {
		t.Error(err)
	}
	if err := pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return CollectFirst(t.Context(), tx) }); err != nil {
		t.Error(err)
	}
}

func TestInTxRollsBackOnPanic(t *testing.T) {
	db := sqlDB(t)
	func() {
		defer func() { _ = recover() }()
		_ = InTx(t.Context(), db, func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE accounts SET cents = 7 WHERE id = 1")
			panic(fmt.Sprint("bug", err))
		})
	}()
	var cents int
	if err := db.QueryRow("SELECT cents FROM accounts WHERE id = 1").Scan(&cents); err != nil || cents != 100 || db.Stats().InUse != 0 {
		t.Error(cents, err, db.Stats().InUse)
	}
	if err := InTx(t.Context(), db, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE accounts SET cents = 7 WHERE id = 1")
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestTheDefaultOfTwoIdleConnectionsChurns(t *testing.T) {
	closed := func(idle int) int64 {
		db := sqlDB(t)
		db.SetMaxIdleConns(idle)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _, _ = db.ExecContext(t.Context(), "SELECT pg_sleep(0.05)") })
		}
		all.Wait()
		return db.Stats().MaxIdleClosed
	}
	if few, enough := closed(2), closed(10); few == 0 || enough != 0 {
		t.Errorf("closed with 2 idle: %d, with 10: %d", few, enough)
	}
}

func TestSQLXExpandsListsAndNamesMissingFields(t *testing.T) {
	db := sqlx.NewDb(sqlDB(t), "pgx")
	accounts, err := AccountsWithSQLX(t.Context(), db, []string{"ada", "bob"})
	if err != nil || len(accounts) != 2 || accounts[0].Cents != 100 {
		t.Error(accounts, err)
	}
	var partial []struct{ ID int }
	err = db.SelectContext(t.Context(), &partial, "SELECT id, owner FROM accounts")
	if err == nil || !strings.Contains(err.Error(), "missing destination name owner in *[]struct { ID int }") {
		t.Error(err)
	}
}

func TestAColumnWithoutAFieldIsRefused(t *testing.T) {
	p := pool(t, 1)
	rows, err := p.Query(t.Context(), "SELECT *, 1 AS added FROM accounts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = pgx.CollectRows(rows, pgx.RowToStructByName[Account]); err == nil || !strings.Contains(err.Error(), "struct doesn't have corresponding row field") {
		t.Error(err)
	}
	if none, err := AccountsWithPGX(t.Context(), p, []string{}); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
	if _, _, err := sqlx.In("SELECT 1 WHERE 1 IN (?)", []int{}); err == nil {
		t.Error("sqlx.In takes an empty slice")
	}
}

func openGORM(t *testing.T) *gorm.DB {
	t.Helper()
	db, err := OpenGORM(sqlDB(t))
	if err != nil {
		t.Fatal(err)
	}
	return db.Session(&gorm.Session{Logger: logger.Discard})
}

func TestGORMLeavesZeroFieldsOut(t *testing.T) {
	db := openGORM(t)
	cents := func() (n int64) {
		var account Account
		if err := db.First(&account, 1).Error; err != nil {
			t.Fatal(err)
		}
		return account.Cents
	}
	if err := EmptyAccountLost(t.Context(), db, 1); err != nil || cents() != 100 {
		t.Error(err, cents())
	}
	if err := EmptyAccount(t.Context(), db, 1); err != nil || cents() != 0 {
		t.Error(err, cents())
	}
}

func TestGORMErrors(t *testing.T) {
	db := openGORM(t)
	if err := db.Create(&Account{ID: 1, Owner: "eve"}).Error; !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Error(err)
	}
	if err := db.Model(&Account{}).Update("cents", 1).Error; !errors.Is(err, gorm.ErrMissingWhereClause) || err.Error() != "WHERE conditions required" {
		t.Error(err)
	}
	var account Account
	if err := db.First(&account, 99).Error; !errors.Is(err, gorm.ErrRecordNotFound) || err.Error() != "record not found" {
		t.Error(err)
	}
	if res := db.Limit(1).Find(&account, 99); res.Error != nil || res.RowsAffected != 0 {
		t.Error(res.Error, res.RowsAffected)
	}
}

func TestGORMKeepsConditionsOfAReusedChain(t *testing.T) {
	db := openGORM(t)
	count := func(base *gorm.DB) (n int64) {
		var rows []Account
		base.Where("cents > ?", 10).Find(&rows)
		rows = nil
		base.Where("cents < ?", 1000).Where("id = ?", 2).Find(&rows)
		return int64(len(rows))
	}
	if got := count(GORMReused(db)); got != 0 {
		t.Errorf("a reused chain found %d rows", got)
	}
	if got := count(GORMSession(db)); got != 1 {
		t.Errorf("a new session found %d rows", got)
	}
}

func TestGeneratedQueries(t *testing.T) {
	queries := orderdb.New(pool(t, 1))
	id, err := queries.CreateOrder(t.Context(), orderdb.CreateOrderParams{Customer: "ada", Cents: 500})
	if err != nil {
		t.Fatal(err)
	}
	orders, err := queries.ListOrders(t.Context(), "ada")
	if err != nil || len(orders) != 1 || orders[0].ID != id || orders[0].Cents != 500 {
		t.Error(orders, err)
	}
}

func TestOnlyOneReplicaRunsTheJob(t *testing.T) {
	p := pool(t, 2)
	lock := time.Now().UnixNano()
	ran, err := OnlyOneReplica(t.Context(), p, lock, func(ctx context.Context) error {
		second, err := OnlyOneReplica(ctx, p, lock, func(context.Context) error { return errors.New("ran twice") })
		if second || err != nil {
			t.Error(second, err)
		}
		return nil
	})
	if !ran || err != nil {
		t.Error(ran, err)
	}
	if again, err := OnlyOneReplica(t.Context(), p, lock, func(context.Context) error { return nil }); !again || err != nil {
		t.Error(again, err)
	}
}
