package orderdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gnomon.example/examples/structure/order"
	"gnomon.example/examples/structure/orderdb"
)

func TestBothOrNeither(t *testing.T) {
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("structure_%d", time.Now().UnixNano())
	defer func() {
		_, _ = conn.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		_ = conn.Close(context.Background())
	}()
	_, err = conn.Exec(t.Context(), "CREATE SCHEMA "+schema+"; SET search_path TO "+schema+`;
		CREATE TABLE stock (sku text PRIMARY KEY, quantity integer NOT NULL);
		CREATE TABLE orders (id text PRIMARY KEY, sku text NOT NULL, quantity integer NOT NULL);
		INSERT INTO stock VALUES ('tea', 5)`)
	if err != nil {
		t.Fatal(err)
	}
	service := order.NewService(orderdb.New(conn), func() string { return "o-1" })
	if _, err := service.Place(t.Context(), "tea", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Place(t.Context(), "tea", 2); err == nil {
		t.Fatal("the same id was saved twice")
	}
	if _, err := service.Place(t.Context(), "tea", 9); !errors.Is(err, order.ErrOutOfStock) {
		t.Fatal(err)
	}
	var left int
	if err := conn.QueryRow(t.Context(), "SELECT quantity FROM stock").Scan(&left); err != nil || left != 3 {
		t.Errorf("left %d, %v: the failed order took goods", left, err)
	}
}
