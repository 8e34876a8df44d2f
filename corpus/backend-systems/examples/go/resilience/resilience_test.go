package resilience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/sony/gobreaker/v2"
	"gnomon.example/examples/resilience/guard"
)

func TestDelayIsSpreadOverTheWholeRange(t *testing.T) {
	low, high := 0, 0
	for range 1000 {
		d := Delay(100*time.Millisecond, 2*time.Second, 3)
		if d <= 0 || d > 400*time.Millisecond {
			t.Fatalf("delay %v outside (0, 400ms]", d)
		}
		if d < 100*time.Millisecond {
			low++
		}
		if d > 300*time.Millisecond {
			high++
		}
	}
	if low < 100 || high < 100 {
		t.Errorf("%d short and %d long of 1000: not spread", low, high)
	}
	if d := Delay(100*time.Millisecond, 2*time.Second, 60); d > 2*time.Second {
		t.Errorf("the limit does not hold: %v", d)
	}
}

func TestClientsWithoutJitterComeBackTogetherAndWithJitterDoNot(t *testing.T) {
	arrivals := func(retry func(call func() error)) map[time.Duration]int {
		at := map[time.Duration]int{}
		synctest.Test(t, func(t *testing.T) {
			started := time.Now()
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					retry(func() error {
						mu.Lock()
						at[time.Since(started).Truncate(time.Millisecond)]++
						mu.Unlock()
						return ErrTransient
					})
				})
			}
			wg.Wait()
		})
		return at
	}
	busiest := func(at map[time.Duration]int) (n int) {
		for moment, count := range at {
			if moment > 0 {
				n = max(n, count)
			}
		}
		return n
	}
	inStep := busiest(arrivals(func(call func() error) { _ = RetryInStep(call) }))
	spread := busiest(arrivals(func(call func() error) {
		_ = Retry(context.Background(), 3, func(context.Context) error { return call() })
	}))
	if inStep != 50 || spread > 15 {
		t.Errorf("busiest millisecond: %d in step, %d with jitter", inStep, spread)
	}
}

func TestRetryStopsAtAPermanentErrorAndAtTheDeadline(t *testing.T) {
	permanent, calls := errors.New("no such order"), 0
	err := Retry(context.Background(), 3, func(context.Context) error { calls++; return permanent })
	if !errors.Is(err, permanent) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		err := Retry(ctx, 1_000, func(context.Context) error { return ErrTransient })
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrTransient) {
			t.Errorf("both causes belong in the error: %v", err)
		}
	})
}

func TestRetryAfterReadsSecondsAndDates(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "Mon, 23 Nov 2026 12:00:30 GMT": 30 * time.Second, "soon": 0, "-5": 0, "": 0, "999999": time.Hour,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestBackoffLibraryHonoursRetryAfter(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	started := time.Now()
	res, err := Fetch(context.Background(), func(context.Context) (*http.Response, error) { return http.Get(server.URL) })
	if err != nil || res.StatusCode != 200 || calls.Load() != 2 {
		t.Fatalf("%v after %d calls", err, calls.Load())
	}
	defer func() { _ = res.Body.Close() }()
	if waited := time.Since(started); waited < time.Second {
		t.Errorf("waited only %v", waited)
	}
}

func TestThirdAttemptSucceedsAfterAClosedConnectionAnd503(t *testing.T) {
	// region: misbehaving-server
	var arrived atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch arrived.Add(1) {
		case 1:
			panic(http.ErrAbortHandler) // closes the connection without an answer
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	// endregion: misbehaving-server
	res, err := Fetch(context.Background(), func(context.Context) (*http.Response, error) {
		return http.Post(server.URL, "text/plain", strings.NewReader("x")) // a POST is not replayed by the transport
	})
	if err != nil || res.StatusCode != http.StatusOK || arrived.Load() != 3 {
		t.Fatal(err, arrived.Load())
	}
	_ = res.Body.Close()
}

func TestKindsAgreeWithTheirStatus(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for name, kind := range Kinds {
		if kind.Status >= 500 && LevelOf(context.Background(), kind.Status) != slog.LevelError || LevelOf(gone, kind.Status) != slog.LevelDebug {
			t.Error(name)
		}
		if kind.Status < 500 && kind.Status != 429 && kind.Retry {
			t.Error(name, "may not be repeated")
		}
	}
}

func TestTimedOutPaymentStaysPending(t *testing.T) {
	for want, failure := range map[Outcome]error{Done: nil, Failed: ErrRejected, Pending: context.DeadlineExceeded} {
		var saved []Outcome
		got, err := Pay(context.Background(), "k", func(_ context.Context, _ string, o Outcome) error { saved = append(saved, o); return nil },
			func(context.Context, string) error { return failure })
		if got != want || err != nil || saved[0] != Pending || saved[len(saved)-1] != want {
			t.Error(want, got, saved, err)
		}
	}
}

func TestBudgetAllowsOneRetryInTenCalls(t *testing.T) {
	var b Budget
	retries := 0
	for range 1000 {
		b.Called()
		if b.MayRetry() {
			retries++
		}
	}
	if retries < 98 || retries > 100 {
		t.Errorf("%d retries for 1000 failing calls", retries)
	}
}

func TestClientTimeoutNamesItself(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	client := NewClient()
	client.Timeout = 50 * time.Millisecond
	res, err := client.Get(server.URL)
	if err == nil {
		_ = res.Body.Close()
		t.Fatal("no timeout")
	}
	const want = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
	if !strings.HasSuffix(err.Error(), want) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestClientTimeoutCoversTheBody(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	client := &http.Client{Timeout: 80 * time.Millisecond}
	res, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.ReadAll(res.Body)
	if err == nil || !strings.Contains(err.Error(), "Client.Timeout or context cancellation while reading body") {
		t.Error(err)
	}
}

func TestDownstreamCallLeavesTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		started := time.Now()
		err := CallDownstream(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if spent := time.Since(started); spent != 900*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, spent)
		}
		late, cancelLate := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancelLate()
		err = CallDownstream(late, func(context.Context) error { t.Error("called although it was too late"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestTimeoutTravelsToTheNextService(t *testing.T) {
	left := make(chan time.Duration, 1)
	server := httptest.NewServer(HonourTimeout(10*time.Second, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		deadline, _ := r.Context().Deadline()
		left <- time.Until(deadline)
	})))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
	SendTimeout(req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := <-left; got > 2*time.Second || got < time.Second {
		t.Errorf("the next service had %v", got)
	}
}

func TestBreakerCountsTroubleAndNotRefusals(t *testing.T) {
	b := NewBreaker[int]("orders")
	for range 100 {
		_, _ = b.Execute(func() (int, error) { return 0, fmt.Errorf("status 404: %w", ErrRejected) })
		_, _ = b.Execute(func() (int, error) { return 0, context.Canceled })
	}
	if b.State() != gobreaker.StateClosed {
		t.Fatal("refusals opened the breaker")
	}
	for range 200 {
		_, _ = b.Execute(func() (int, error) { return 0, ErrTransient })
	}
	_, err := b.Execute(func() (int, error) { t.Error("called through an open breaker"); return 0, nil })
	if !errors.Is(err, gobreaker.ErrOpenState) || err.Error() != "circuit breaker is open" {
		t.Error(err)
	}
}

func TestDefaultBreakerOpensAtTheSixthFailureInARowAndStaysOpenForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{})
		failures := 0
		for b.State() == gobreaker.StateClosed {
			_, _ = b.Execute(func() (int, error) { return 0, ErrTransient })
			failures++
		}
		if failures != 6 {
			t.Errorf("opened after %d failures", failures)
		}
		time.Sleep(59 * time.Second)
		if b.State() != gobreaker.StateOpen {
			t.Error("half-open too early")
		}
		time.Sleep(2 * time.Second)
		if b.State() != gobreaker.StateHalfOpen {
			t.Error("still open after a minute")
		}
	})
}

func TestSheddingAnswersAtOnceWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		handler := Shed(1, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		ask := func() *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, httptest.NewRequest("GET", "/", http.NoBody))
			return rec
		}
		var wg sync.WaitGroup
		wg.Go(func() { ask() })
		synctest.Wait() // the first request holds the only slot
		if rec := ask(); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "1" {
			t.Error(rec.Code, rec.Header())
		}
		close(release)
		wg.Wait()
		if rec := ask(); rec.Code != http.StatusOK {
			t.Error("the slot was not given back:", rec.Code)
		}
	})
}

func TestBulkheadRefusesTheCallBeyondItsSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBulkhead(2)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				_ = b.Do(context.Background(), func(context.Context) error { time.Sleep(time.Second); return nil })
			})
		}
		synctest.Wait()
		if err := b.Do(context.Background(), func(context.Context) error { return nil }); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		wg.Wait()
		if err := b.Do(context.Background(), func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

func TestSuggestionsDegradeInsteadOfFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) ([]Item, error) { <-ctx.Done(); return nil, ctx.Err() }
		items, degraded := Suggestions(context.Background(), slow, []Item{{"tea"}})
		if !degraded || len(items) != 1 {
			t.Error(items, degraded)
		}
	})
}

func TestHedgeTakesTheFasterAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		started := time.Now()
		value, err := Hedge(context.Background(), 50*time.Millisecond, func(ctx context.Context) (string, error) {
			if calls.Add(1) == 1 {
				<-ctx.Done() // the slow one is cancelled
				return "", ctx.Err()
			}
			time.Sleep(10 * time.Millisecond)
			return "second", nil
		})
		if value != "second" || err != nil || time.Since(started) != 60*time.Millisecond {
			t.Error(value, err, time.Since(started))
		}
	})
}

func TestProblemHidesTheCause(t *testing.T) {
	rec := httptest.NewRecorder()
	Internal(rec, httptest.NewRequest("GET", "/orders/7", http.NoBody), "4bf92f", errors.New("pq: password for db-7 wrong"))
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if rec.Header().Get("Content-Type") != "application/problem+json" || p.Status != 500 || p.TraceID != "4bf92f" {
		t.Error(rec.Header(), p)
	}
	if strings.Contains(rec.Body.String(), "db-7") {
		t.Error("the cause reached the client")
	}
}

func TestBatchReportsEachItem(t *testing.T) {
	rec := httptest.NewRecorder()
	WriteBatch(rec, []ItemResult{{ID: "a", Status: 201}, {ID: "b", Status: 409, Error: &Problem{Title: "Exists", Status: 409}}})
	if rec.Code != 207 || !strings.Contains(rec.Body.String(), `"status":409`) {
		t.Error(rec.Code, rec.Body)
	}
}

func TestGoRetriesAPostWithAnIdempotencyKeyByItself(t *testing.T) {
	for header, want := range map[string]bool{"": false, "Idempotency-Key": true} {
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 2 { // the second request meets a connection that closes without an answer
				conn, _, _ := w.(http.Hijacker).Hijack()
				_ = conn.Close()
			}
		}))
		client := server.Client()
		post := func() error {
			req, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader("{}"))
			if header != "" {
				req.Header.Set(header, "k1")
			}
			res, err := client.Do(req)
			if err == nil {
				_ = res.Body.Close()
			}
			return err
		}
		if err := post(); err != nil {
			t.Fatal(err)
		}
		err := post()
		if retried := err == nil && calls.Load() == 3; retried != want {
			t.Errorf("header %q: %d calls, %v", header, calls.Load(), err)
		}
		server.Close()
	}
}

func TestGuardKeepsRetriesWithinTheBudgetAndOpens(t *testing.T) {
	g := guard.New[int](guard.Config{Name: "x", Timeout: time.Second, Attempts: 3, Base: time.Microsecond, Limit: time.Microsecond, RetryShare: 0.1})
	calls := 0
	var err error
	for range 100 {
		_, err = g.Do(context.Background(), func(context.Context) (int, error) { calls++; return 0, guard.ErrTransient })
	}
	if calls > 25 || !errors.Is(err, gobreaker.ErrOpenState) {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestStormPrintsWhatTheDocumentShows(t *testing.T) {
	out, err := exec.Command("go", "run", "./storm").CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	const want = `three layers, three tries:   200 requests became 5400
one layer, three tries:      200 requests became 600
budget of 10 % and breaker:  200 requests became 20
`
	if string(out) != want {
		t.Errorf("got:\n%s", out)
	}
}

func TestIdempotencyKeyGivesOneEffectForManyRequests(t *testing.T) {
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("go_idem_%d", time.Now().UnixNano())
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	db, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE"); db.Close() })
	for _, statement := range []string{"CREATE SCHEMA " + schema, IdempotencyTable, "CREATE TABLE charges (cents bigint)"} {
		if _, err := db.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	charge := func(tx pgx.Tx) (Reply, error) {
		_, err := tx.Exec(ctx, "INSERT INTO charges VALUES (500)")
		return Reply{201, []byte(`{"id":1}`)}, err
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			reply, err := Once(ctx, db, 1, "k1", []byte("500 cents"), charge)
			if err != nil || reply.Status != 201 || string(reply.Body) != `{"id":1}` {
				t.Error(reply, err)
			}
		})
	}
	wg.Wait()
	var charges int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM charges").Scan(&charges); err != nil || charges != 1 {
		t.Errorf("%d charges, %v", charges, err)
	}
	if _, err := Once(ctx, db, 1, "k1", []byte("900 cents"), charge); !errors.Is(err, ErrKeyReused) {
		t.Error(err)
	}
	failed := errors.New("card declined by network")
	if _, err := Once(ctx, db, 1, "k2", nil, func(pgx.Tx) (Reply, error) { return Reply{}, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if reply, err := Once(ctx, db, 1, "k2", nil, charge); err != nil || reply.Status != 201 {
		t.Error("a failed effect has to free the key:", reply, err)
	}

	inside, leave := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		_, _ = Once(ctx, db, 1, "k3", nil, func(tx pgx.Tx) (Reply, error) { close(inside); <-leave; return charge(tx) })
	})
	<-inside
	if _, err := Once(ctx, db, 1, "k3", nil, charge); !errors.Is(err, ErrRunning) {
		t.Error("a running twin has to be told:", err)
	}
	close(leave)
	wg.Wait()
}
