package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// database gives a pool in a schema of its own, with the tables of examples/sql/queues.sql.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("messaging_%d", time.Now().UnixNano())
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../sql/queues.sql")
	if err != nil {
		t.Fatal(err)
	}
	tables, _, _ := strings.Cut(string(script), "INSERT INTO accounts")
	if _, err := pool.Exec(t.Context(), "CREATE SCHEMA "+schema+";"+tables+"INSERT INTO accounts VALUES ('ada', 0)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		pool.Close()
	})
	return pool
}

func number(t *testing.T, pool *pgxpool.Pool, query string, arguments ...any) (n int64) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), query, arguments...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const messageID = "0199b5a0-0000-7000-8000-000000000001"

func TestAnInboxAppliesConcurrentDuplicatesOnce(t *testing.T) {
	pool := database(t)
	billing := &Billing{pool}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := billing.Apply(t.Context(), Payment{messageID, "ada", 500}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if cents := number(t, pool, "SELECT cents FROM accounts WHERE id = 'ada'"); cents != 500 {
		t.Fatalf("%d cents, want 500", cents)
	}
}

func TestAFailedEffectLeavesNoInboxRow(t *testing.T) {
	pool := database(t)
	billing := &Billing{pool}
	if _, err := pool.Exec(t.Context(), "ALTER TABLE accounts ADD CONSTRAINT small CHECK (cents < 100)"); err != nil {
		t.Fatal(err)
	}
	deliver := func(apply func(context.Context, Payment) error) int64 {
		if apply(t.Context(), Payment{messageID, "ada", 500}) == nil {
			t.Error("the constraint has to refuse it")
		}
		return number(t, pool, "SELECT count(*) FROM inbox")
	}
	if rows := deliver(billing.Apply); rows != 0 {
		t.Fatalf("%d inbox rows: the redelivery would be skipped", rows)
	}
	if rows := deliver(billing.ApplyMarkedFirst); rows != 1 {
		t.Fatalf("%d inbox rows, the split variant was to leave one", rows)
	}
	if _, err := pool.Exec(t.Context(), "ALTER TABLE accounts DROP CONSTRAINT small"); err != nil {
		t.Fatal(err)
	}
	if err := billing.ApplyMarkedFirst(t.Context(), Payment{messageID, "ada", 500}); err != nil {
		t.Fatal(err)
	}
	if cents := number(t, pool, "SELECT cents FROM accounts WHERE id = 'ada'"); cents != 0 {
		t.Fatalf("%d cents: the split variant was to lose the payment", cents)
	}
}

func TestTheNewerVersionWins(t *testing.T) {
	pool := database(t)
	orders := &Orders{pool}
	var applied []bool
	for _, event := range []struct {
		status  string
		version int64
	}{{"new", 1}, {"shipped", 3}, {"paid", 2}, {"shipped", 3}} {
		ok, err := orders.SetStatus(t.Context(), "o-1", event.status, event.version)
		if err != nil {
			t.Fatal(err)
		}
		applied = append(applied, ok)
	}
	if !slices.Equal(applied, []bool{true, true, false, false}) || number(t, pool, "SELECT version FROM orders") != 3 {
		t.Fatalf("applied %v", applied)
	}
}

func TestOrderAndEventAreStoredTogether(t *testing.T) {
	pool := database(t)
	if err := PlaceOrder(t.Context(), pool, "o-1", []byte(`{"order": "o-1"}`)); err != nil {
		t.Fatal(err)
	}
	if PlaceOrder(t.Context(), pool, "o-1", []byte(`{"order": "o-1"}`)) == nil {
		t.Fatal("the second order has to violate the key")
	}
	if events := number(t, pool, "SELECT count(*) FROM outbox"); events != 1 {
		t.Fatalf("%d events for one order", events)
	}
	failing := func(context.Context, string, []byte) error { return errors.New("broker is away") }
	if PlaceOrderThenPublish(t.Context(), pool, "o-2", []byte(`{}`), failing) == nil {
		t.Fatal("no error")
	}
	if orders := number(t, pool, "SELECT count(*) FROM orders WHERE id = 'o-2'"); orders != 1 {
		t.Fatal("the dual write was to keep the order without its event")
	}
}

func TestTheRelaySendsInOrderAndKeepsWhatFailed(t *testing.T) {
	pool := database(t)
	for n := range 5 {
		if err := PlaceOrder(t.Context(), pool, fmt.Sprintf("o-%d", n), fmt.Appendf(nil, `{"n": %d}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	var sent []string
	relay := &Relay{pool, func(context.Context, []Outgoing) error { return errors.New("broker is away") }}
	if n, err := relay.Once(t.Context()); err == nil || n != 0 {
		t.Fatalf("%d sent: %v", n, err)
	}
	relay.publish = func(ctx context.Context, batch []Outgoing) error {
		other := &Relay{pool, func(context.Context, []Outgoing) error { t.Error("two relays at once"); return nil }}
		if n, err := other.Once(ctx); n != 0 || err != nil {
			t.Errorf("the second relay sent %d: %v", n, err)
		}
		for _, row := range batch {
			sent = append(sent, row.Key)
			if !json.Valid(row.Payload) || len(row.MessageID) != 36 {
				t.Errorf("row %+v", row)
			}
		}
		return nil
	}
	if n, err := relay.Once(t.Context()); err != nil || n != 5 || !slices.Equal(sent, []string{"o-0", "o-1", "o-2", "o-3", "o-4"}) {
		t.Fatalf("%d sent, %v: %v", n, sent, err)
	}
	if left := number(t, pool, "SELECT count(*) FROM outbox"); left != 0 {
		t.Fatalf("%d left", left)
	}
}

func TestACursorSkipsWhatCommitsLate(t *testing.T) {
	pool := database(t)
	slow, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	insert := "INSERT INTO outbox (topic, key, payload) VALUES ('orders', 'k', '{}')"
	if _, err := slow.Exec(t.Context(), insert); err != nil { // has id 1
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), insert); err != nil { // has id 2 and commits first
		t.Fatal(err)
	}
	cursor, found, err := AfterCursor(t.Context(), pool, 0)
	if err != nil || !slices.Equal(found, []int64{2}) {
		t.Fatalf("%v: %v", found, err)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, found, _ = AfterCursor(t.Context(), pool, cursor); len(found) != 0 {
		t.Fatalf("found %v: the cursor was to lose row 1", found)
	}
	if left := number(t, pool, "SELECT min(id) FROM outbox"); left != 1 {
		t.Fatal("a relay that deletes what it sent still sees row 1")
	}
}

func TestASagaEndsInOneOfTwoStates(t *testing.T) {
	for name, tc := range map[string]struct {
		replies, commands []string
		last              string
	}{
		"paid":    {[]string{"stock.reserved", "stock.reserved", "payment.charged"}, []string{"payment.charge", "", "order.confirm"}, "confirmed"},
		"refused": {[]string{"stock.reserved", "payment.declined", "stock.released", "stock.released"}, []string{"payment.charge", "stock.release", "order.cancel", ""}, "cancelled"},
		"empty":   {[]string{"stock.missing"}, []string{"order.cancel"}, "cancelled"},
	} {
		state, command := "reserving", ""
		for i, reply := range tc.replies {
			if state, command = Next(state, reply); command != tc.commands[i] {
				t.Errorf("%s: %s gave %q", name, reply, command)
			}
		}
		if state != tc.last {
			t.Errorf("%s ended in %s", name, state)
		}
	}
}

func TestARepeatedReplySendsOneCommand(t *testing.T) {
	pool := database(t)
	if _, err := pool.Exec(t.Context(), "INSERT INTO sagas (id, state) VALUES ($1, 'charging')", messageID); err != nil {
		t.Fatal(err)
	}
	sagas := &Sagas{pool}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := sagas.OnReply(t.Context(), messageID, "payment.declined"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := number(t, pool, "SELECT count(*) FROM outbox WHERE topic = 'stock.release' AND key = $1", messageID); n != 1 {
		t.Fatalf("%d commands", n)
	}
}

func TestNotifyIsSentOnCommitAndFoldsEqualPayloads(t *testing.T) {
	pool := database(t)
	conn, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	channel := fmt.Sprintf("c%d", time.Now().UnixNano())
	if _, err := conn.Exec(t.Context(), "LISTEN "+channel); err != nil {
		t.Fatal(err)
	}
	received := func() (n int) {
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			_, err := conn.WaitForNotification(ctx)
			cancel()
			if err != nil {
				return n
			}
			n++
		}
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{"a", "a", "a", "b"} {
		if _, err := tx.Exec(t.Context(), "SELECT pg_notify($1, $2)", channel, payload); err != nil {
			t.Fatal(err)
		}
	}
	if n := received(); n != 0 {
		t.Fatalf("%d before the commit", n)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := received(); n != 2 {
		t.Fatalf("%d after the commit, want 2: equal payloads of one transaction are one notification", n)
	}
}

func TestTheOrderInsideAKeyIsKept(t *testing.T) {
	var batch []*kgo.Record
	for n := range 60 {
		batch = append(batch, &kgo.Record{Key: fmt.Appendf(nil, "k%d", n%6), Offset: int64(n)})
	}
	var mu sync.Mutex
	seen := map[string][]int64{}
	var running, peak atomic.Int64
	err := HandleBatch(t.Context(), batch, 3, func(_ context.Context, r *kgo.Record) error {
		peak.Store(max(peak.Load(), running.Add(1)))
		defer running.Add(-1)
		time.Sleep(time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		seen[string(r.Key)] = append(seen[string(r.Key)], r.Offset)
		return nil
	})
	if err != nil || len(seen) != 6 || peak.Load() < 2 || peak.Load() > 3 {
		t.Fatalf("%d keys, peak %d: %v", len(seen), peak.Load(), err)
	}
	for key, offsets := range seen {
		if !slices.IsSorted(offsets) || len(offsets) != 10 {
			t.Errorf("%s: %v", key, offsets)
		}
	}
}

func TestOldVersionsAreLiftedAndUnknownOnesAreRefused(t *testing.T) {
	for version, data := range map[int]string{1: `{"order_id": "o-1", "euros": 5}`, 2: `{"order_id": "o-1", "cents": 500, "added_later": true}`} {
		order, err := DecodeOrderPlaced(Envelope{Version: version, Data: json.RawMessage(data)})
		if err != nil || order != (OrderPlaced{"o-1", 500}) {
			t.Errorf("version %d: %+v, %v", version, order, err)
		}
	}
	if _, err := DecodeOrderPlaced(Envelope{Version: 3}); !errors.Is(err, ErrPermanent) {
		t.Errorf("version 3: %v", err)
	}
	if _, err := DecodeStrictly([]byte(`{"order_id": "o-1", "currency": "EUR"}`)); err == nil || err.Error() != `json: unknown field "currency"` {
		t.Errorf("a strict decoder answered %v", err)
	}
}
