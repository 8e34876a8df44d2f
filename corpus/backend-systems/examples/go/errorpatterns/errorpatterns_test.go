package errorpatterns

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"gorm.io/gorm"
)

func database(t *testing.T) (*Users, string) {
	t.Helper()
	dsn := os.Getenv("GNOMON_TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test")
	}
	schema := fmt.Sprintf("errors_%d", time.Now().UnixNano())
	own := dsn + "&search_path=" + schema
	pool, err := pgxpool.New(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"CREATE SCHEMA " + schema,
		`CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			email text NOT NULL CONSTRAINT users_email_key UNIQUE CONSTRAINT users_email_check CHECK (email LIKE '%@%'))`,
		"CREATE TABLE posts (user_id bigint NOT NULL REFERENCES users)",
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		pool.Close()
	})
	return &Users{pool}, own
}

func TestTheDriversErrorsBecomeKinds(t *testing.T) {
	users, _ := database(t)
	ctx := t.Context()
	id, err := users.Create(ctx, "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	_, twice := users.Create(ctx, "ada@example.org")
	_, broken := users.Create(ctx, "no address")
	_, missing := users.Find(ctx, 999)
	_, foreign := users.pool.Exec(ctx, "INSERT INTO posts VALUES (999)")
	for _, c := range []struct {
		err    error
		kind   Kind
		status int
		public string
	}{
		{twice, Conflict, 409, "this e-mail address is taken"},
		{broken, Invalid, 422, "this is not an e-mail address"},
		{missing, NotFound, 404, "there is no such user"},
		{translate("posts.create", foreign), Invalid, 422, ""},
		{users.Rename(ctx, 999, "x@example.org"), NotFound, 404, "there is no such user"},
		{users.Rename(ctx, id, "nothing"), Invalid, 422, "this is not an e-mail address"},
	} {
		if KindOf(c.err) != c.kind || Status(c.err) != c.status || NewProblem(c.err).Detail != c.public {
			t.Errorf("%v: %s, %d, %q", c.err, KindOf(c.err), Status(c.err), NewProblem(c.err).Detail)
		}
	}
	if err := users.Rename(ctx, id, "countess@example.org"); err != nil {
		t.Fatal(err)
	}
	if _, err := users.FindOr500(ctx, 999); Status(err) != 500 {
		t.Fatalf("an untranslated missing row answers %d", Status(err))
	}
}

func TestALostSerialisationIsRetryable(t *testing.T) {
	for code, retry := range map[string]bool{"40001": true, "40P01": true, "57014": true, "53300": true, "23505": false, "42601": false} {
		if got := Retryable(translate("x", &pgconn.PgError{Code: code})); got != retry {
			t.Errorf("%s: retryable %v", code, got)
		}
	}
}

func TestAStatementTimeoutIs57014(t *testing.T) {
	users, _ := database(t)
	conn, err := users.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	_, _ = conn.Exec(t.Context(), "SET statement_timeout = 20")
	_, err = conn.Exec(t.Context(), "SELECT pg_sleep(5)")
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pg.Code != "57014" || KindOf(translate("slow", err)) != Unavailable {
		t.Fatal(err)
	}
}

func TestADeadlineIsATimeoutAndACancellationIsTheClients(t *testing.T) {
	users, _ := database(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := users.pool.Exec(ctx, "SELECT pg_sleep(5)")
	if !errors.Is(err, context.DeadlineExceeded) || !Retryable(translate("slow", err)) {
		t.Fatal(err)
	}
	if Retryable(fmt.Errorf("read: %w", context.Canceled)) {
		t.Fatal("nobody waits for the answer of a cancelled request")
	}
}

func TestPgxErrNoRowsIsAlsoThatOfDatabaseSQL(t *testing.T) {
	if !errors.Is(pgx.ErrNoRows, sql.ErrNoRows) {
		t.Fatal("since pgx 5.7 either test works")
	}
}

func TestGormTranslatesOnlyWhenAsked(t *testing.T) {
	_, dsn := database(t)
	db, err := OpenGorm(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.Logger = db.Logger.LogMode(1)
	first := db.Create(&User{Email: "a@example.org"}).Error
	twice := db.Create(&User{Email: "a@example.org"}).Error
	missing := db.First(&User{}, 999).Error
	if first != nil || !errors.Is(twice, gorm.ErrDuplicatedKey) || KindOf(translateGorm("x", twice)) != Conflict || KindOf(translateGorm("x", missing)) != NotFound {
		t.Fatal(first, twice, missing)
	}
	db.Config.TranslateError = false
	if again := db.Create(&User{Email: "a@example.org"}).Error; errors.Is(again, gorm.ErrDuplicatedKey) {
		t.Fatal("translated although it was not asked for")
	}
	var none []User
	if err := db.Where("id > 999").Find(&none).Error; err != nil {
		t.Fatalf("Find of nothing is no error, but %v", err)
	}
}

func TestSqlxSaysErrNoRows(t *testing.T) {
	_, dsn := database(t)
	db, err := sqlx.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := FindWithSqlx(t.Context(), db, 999); KindOf(err) != NotFound {
		t.Fatal(err)
	}
	var many []User
	if err := db.SelectContext(t.Context(), &many, "SELECT id, email FROM users WHERE id > 999"); err != nil {
		t.Fatalf("Select of nothing is no error, but %v", err)
	}
}

var errSecret = errors.New("dial tcp 10.0.0.7:5432: connection refused")

func answers() map[string]http.Handler {
	gin.SetMode(gin.ReleaseMode)
	var log bytes.Buffer
	quiet := slog.New(slog.NewTextHandler(&log, nil))
	conflict := func() error { return &Error{Kind: Conflict, Op: "x", Public: "changed meanwhile", Err: errSecret} }
	g := gin.New()
	g.Use(GinErrors(quiet))
	g.GET("/", func(c *gin.Context) { _ = c.Error(conflict()) })
	e := NewEcho(quiet)
	e.GET("/", func(*echo.Context) error { return conflict() })
	slog.SetDefault(quiet)
	return map[string]http.Handler{
		"net/http": HandlerFunc(func(http.ResponseWriter, *http.Request) error { return conflict() }),
		"gin":      g,
		"echo":     e,
	}
}

func TestEveryFrameworkAnswersTheSame(t *testing.T) {
	for name, handler := range answers() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
		check(t, name, recorder.Code, recorder.Header().Get("Content-Type"), recorder.Body.String())
	}
	app := NewFiber()
	app.Get("/", func(fiber.Ctx) error {
		return &Error{Kind: Conflict, Op: "x", Public: "changed meanwhile", Err: errSecret}
	})
	response, err := app.Test(httptest.NewRequest("GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	check(t, "fiber", response.StatusCode, response.Header.Get("Content-Type"), string(body))
}

func check(t *testing.T, name string, code int, kind, body string) {
	t.Helper()
	var problem Problem
	if err := json.Unmarshal([]byte(body), &problem); err != nil || code != 409 || problem.Detail != "changed meanwhile" || !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: %d %s %s %v", name, code, kind, body, err)
	}
	if strings.Contains(body, "10.0.0.7") {
		t.Errorf("%s leaks: %s", name, body)
	}
}

func TestFrameworksKeepTheirOwnStatuses(t *testing.T) {
	recorder := httptest.NewRecorder()
	NewEcho(slog.Default()).ServeHTTP(recorder, httptest.NewRequest("GET", "/none", nil))
	response, err := NewFiber().Test(httptest.NewRequest("GET", "/none", nil))
	if err != nil || recorder.Code != 404 || response.StatusCode != 404 {
		t.Fatal(recorder.Code, response.StatusCode, err)
	}
}

func TestTheBadVariantLeaks(t *testing.T) {
	recorder := httptest.NewRecorder()
	LeakToClient(recorder, errSecret)
	if !strings.Contains(recorder.Body.String(), "10.0.0.7:5432") {
		t.Fatal("it should show what leaks")
	}
}

func TestInvalidFieldsAreReportedTogether(t *testing.T) {
	fields := FieldErrors{}
	fields.Add(false, "email", "is required")
	fields.Add(false, "age", "has to be positive")
	fields.Add(true, "name", "is required")
	problem := NewProblem(fmt.Errorf("create: %w", fields.Err("users.create")))
	if problem.Status != 422 || len(problem.Errors) != 2 || (FieldErrors{}).Err("x") != nil {
		t.Fatalf("%+v", problem)
	}
}

func TestOneErrorIsOneLogLineWithTheRightLevel(t *testing.T) {
	for _, c := range []struct {
		err   error
		level string
	}{{errSecret, "ERROR"}, {&Error{Kind: NotFound, Op: "users.find", Err: errSecret}, "INFO"}, {fmt.Errorf("x: %w", context.Canceled), "INFO"}} {
		var log bytes.Buffer
		LogOnce(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), c.err)
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "level="+c.level) {
			t.Error(log.String())
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", &Error{Kind: NotFound, Op: "users.find", Err: errSecret})
	if !strings.Contains(log.String(), `"err":{"op":"users.find","kind":"not-found"`) {
		t.Fatal(log.String())
	}
}

func TestLoggingInEveryLayerRepeatsTheError(t *testing.T) {
	users, _ := database(t)
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	h := HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error { return LogEverywhere(r.Context(), users, 999) })
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Fatalf("%d lines", n)
	}
}

func TestGRPCCodesAndBack(t *testing.T) {
	answer := Errors(slog.New(slog.DiscardHandler))
	call := func(err error) error {
		_, got := answer(t.Context(), nil, &grpc.UnaryServerInfo{}, func(context.Context, any) (any, error) { return nil, err })
		return got
	}
	for _, c := range []struct {
		err  error
		code codes.Code
		back Kind
	}{
		{&Error{Kind: NotFound, Op: "x", Public: "gone", Err: errSecret}, codes.NotFound, NotFound},
		{&Error{Kind: Conflict, Op: "x", Err: errSecret}, codes.AlreadyExists, Internal},
		{&Error{Kind: Unavailable, Op: "x", Err: errSecret}, codes.Unavailable, Unavailable},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), codes.DeadlineExceeded, Unavailable},
		{context.Canceled, codes.Canceled, Internal},
		{errSecret, codes.Internal, Internal},
	} {
		got := call(c.err)
		if status.Code(got) != c.code || strings.Contains(got.Error(), "10.0.0.7") || KindOf(FromStatus("peer", got)) != c.back {
			t.Errorf("%v: %v, back %s", c.err, got, KindOf(FromStatus("peer", got)))
		}
	}
	if status.Code(errSecret) != codes.Unknown || call(nil) != nil || FromStatus("peer", nil) != nil {
		t.Fatal("an error without a status is Unknown to the client")
	}
}

func TestCloseErrorsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := Export(path, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }); err != nil {
		t.Fatal(err)
	}
	full := func(w io.Writer) error { _, err := w.Write(make([]byte, 100)); return err }
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := Export("/dev/full", full); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Fatal(err)
		}
	}
	if err := ExportLosingErrors(path, full); err != nil {
		t.Fatal(err)
	}
}

type closer struct {
	name  string
	order *[]string
	err   error
}

func (c closer) Close() error { *c.order = append(*c.order, c.name); return c.err }

func TestEverythingIsClosedInReverseAndEveryErrorReported(t *testing.T) {
	var order []string
	err := CloseAll(closer{"db", &order, errSecret}, closer{"cache", &order, nil}, closer{"server", &order, net.ErrClosed})
	if strings.Join(order, " ") != "server cache db" || !errors.Is(err, errSecret) || !errors.Is(err, net.ErrClosed) {
		t.Fatal(order, err)
	}
}

func TestAPanicBecomesAnInternalErrorWithItsStackInTheLog(t *testing.T) {
	var log bytes.Buffer
	err := Guard(slog.New(slog.NewTextHandler(&log, nil)), "jobs.run", func() error { panic("boom") })
	if KindOf(err) != Internal || !strings.Contains(log.String(), "errorpatterns_test.go") {
		t.Fatal(err, log.String())
	}
}

func TestConsumersDecideByKind(t *testing.T) {
	broken := &Error{Kind: Invalid, Op: "x", Err: errSecret}
	later := &Error{Kind: Unavailable, Op: "x", Err: errSecret}
	if Decide(nil, 1) != "ack" || Decide(broken, 1) != "dead letter" || Decide(later, 1) != "retry later" || Decide(later, 5) != "dead letter" {
		t.Fatal(Decide(broken, 1), Decide(later, 1), Decide(later, 5))
	}
}
