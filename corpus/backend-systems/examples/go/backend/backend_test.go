package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func TestMain(m *testing.M) {
	if os.Getenv("BACKEND_FATAL") == "1" {
		FatalInside(func() (io.Closer, error) { return shout{}, nil }, func() error { return errors.New("work failed") })
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

type shout struct{}

func (shout) Close() error {
	fmt.Println("closed")
	return nil
}

func TestLogFatalSkipsDeferredCalls(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "BACKEND_FATAL=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "work failed") || strings.Contains(string(out), "closed") {
		t.Errorf("err %v, output %q", err, out)
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	cfg := Config{DatabaseURL: "postgres://ada:pa55word@db/orders"}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "config", cfg, "url", cfg.DatabaseURL)
	marshalled, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shown := logged.String() + string(marshalled) + fmt.Sprintf("%v %+v %#v %s %q", cfg, cfg, cfg, cfg.DatabaseURL, cfg.DatabaseURL)
	if strings.Contains(shown, "pa55word") {
		t.Error(shown)
	}
	if !strings.Contains(cfg.DatabaseURL.Reveal(), "pa55word") {
		t.Error("the secret is lost")
	}
	if plain := fmt.Sprintf("%+v", PlainConfig{DatabaseURL: "pa55word"}); !strings.Contains(plain, "pa55word") {
		t.Error("a plain string is hidden")
	}
}

func TestConfigurationErrorsComeTogether(t *testing.T) {
	_, err := LoadConfig(map[string]string{"GRACE": "30", "MAX_CONNS": "many"})
	for _, want := range []string{`required environment variable "DATABASE_URL" is not set`, "MaxConns", `missing unit in duration "30"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if _, err := LoadConfig(map[string]string{"DATABASE_URL": ""}); err == nil {
		t.Error("an empty required variable is accepted")
	}
	cfg, err := LoadConfig(map[string]string{"DATABASE_URL": "x"})
	if err != nil || cfg.Grace != 20*time.Second || cfg.MaxConns != 10 {
		t.Errorf("%+v %v", cfg, err)
	}
	t.Setenv("MAX_CONNS", "many")
	t.Setenv("GRACE", "30")
	if conns, grace := GuessConfig(); conns != 0 || grace != 0 {
		t.Error("guessing found values")
	}
}

func spanContext() context.Context {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	return trace.ContextWithSpanContext(context.Background(), span)
}

func TestTraceIDsSurviveWith(t *testing.T) {
	var out bytes.Buffer
	json := slog.NewJSONHandler(&out, nil)
	says := func(handler slog.Handler) bool {
		out.Reset()
		slog.New(handler).With("a", 1).InfoContext(spanContext(), "x")
		return strings.Contains(out.String(), `"trace_id":"01`)
	}
	if !says(TraceHandler{json}) || says(LossyHandler{json}) {
		t.Error("With keeps or loses the wrong handler")
	}
	out.Reset()
	slog.New(TraceHandler{json}).Info("no context")
	if strings.Contains(out.String(), "trace_id") {
		t.Error("a call without context has a trace id")
	}
}

func TestLevelChangesWhileRunningAndLogGoesToSlog(t *testing.T) {
	defer slog.SetDefault(slog.New(slog.DiscardHandler))
	var out bytes.Buffer
	logger, level := NewLogger(&out, "orders")
	logger.Debug("hidden")
	res := httptest.NewRecorder()
	LevelHandler(level).ServeHTTP(res, httptest.NewRequest(http.MethodPut, "/level?level=debug", nil))
	logger.Debug("seen")
	log.Print("from the old package")
	text := out.String()
	if strings.Contains(text, "hidden") || !strings.Contains(text, `"msg":"seen","service":"orders"`) || !strings.Contains(text, `"msg":"from the old package"`) {
		t.Error(text)
	}
	res = httptest.NewRecorder()
	LevelHandler(level).ServeHTTP(res, httptest.NewRequest(http.MethodPut, "/level?level=loud", nil))
	if res.Code != http.StatusBadRequest {
		t.Error(res.Code)
	}
}

func TestVetFindsAValueWithoutKey(t *testing.T) {
	out, err := exec.Command("go", "vet", "./testdata/badkey").CombinedOutput()
	if err == nil || strings.Count(string(out), "slog.Error") != 1 || !strings.Contains(string(out), `should be a string or a slog.Attr`) {
		t.Errorf("%v: %s", err, out)
	}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Error("import failed", []any{errors.New("disk full")}...)
	if !strings.Contains(text.String(), `!BADKEY="disk full"`) {
		t.Error(text.String())
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// slow is a handler that says when it is entered and ends when it is let go.
type slow struct {
	entered, release chan struct{}
	ended            atomic.Bool
}

func newSlow() *slow { return &slow{entered: make(chan struct{}), release: make(chan struct{})} }

func (s *slow) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	close(s.entered)
	<-s.release
	s.ended.Store(true)
	_, _ = io.WriteString(w, "done")
}

func get(url string) chan string {
	body := make(chan string, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			body <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		body <- string(text)
	}()
	return body
}

// returnsEarly starts serve, ends its context during a request, and says whether serve returned before the request did.
func returnsEarly(t *testing.T, s *slow, serve func(context.Context, net.Listener) error) bool {
	t.Helper()
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan error, 1)
	go func() { returned <- serve(ctx, listener) }()
	body := get("http://" + listener.Addr().String())
	<-s.entered
	cancel()
	early := false
	select {
	case <-returned:
		early = true
	case <-time.After(150 * time.Millisecond):
	}
	close(s.release)
	if !early {
		if err := <-returned; err != nil {
			t.Error(err)
		}
		if got := <-body; got != "done" {
			t.Errorf("body = %q", got)
		}
	}
	return early
}

func TestServeWaitsForTheRunningRequest(t *testing.T) {
	s := newSlow()
	if returnsEarly(t, s, func(ctx context.Context, l net.Listener) error {
		return Serve(ctx, &http.Server{Handler: s, ReadHeaderTimeout: time.Second}, l, 5*time.Second)
	}) {
		t.Error("Serve returned before the request ended")
	}
	s = newSlow()
	if !returnsEarly(t, s, func(ctx context.Context, l net.Listener) error {
		return ServeAndForget(ctx, &http.Server{Handler: s, ReadHeaderTimeout: time.Second}, l)
	}) {
		t.Error("ServeAndForget waited")
	}
}

func TestShutdownWithAnEndedContextDoesNotWait(t *testing.T) {
	s := newSlow()
	var err error
	early := returnsEarly(t, s, func(ctx context.Context, l net.Listener) error {
		srv := &http.Server{Handler: s, ReadHeaderTimeout: time.Second}
		go func() { _ = srv.Serve(l) }()
		err = ShutdownWithEndedContext(ctx, srv)
		return err
	})
	if !early || !errors.Is(err, context.Canceled) {
		t.Errorf("early %v, err %v", early, err)
	}
}

func TestServeReportsAnAddressInUse(t *testing.T) {
	_, err := net.Listen("tcp", listen(t).Addr().String())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "bind: address already in use") {
		t.Error(err)
	}
}

func TestGinEchoAndFiberWait(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	s := newSlow()
	engine := gin.New()
	engine.GET("/", gin.WrapH(s))
	if returnsEarly(t, s, func(ctx context.Context, l net.Listener) error { return RunGin(ctx, engine, l) }) {
		t.Error("gin did not wait")
	}
	s = newSlow()
	e := echo.New()
	e.Logger = slog.New(slog.DiscardHandler)
	e.GET("/", echo.WrapHandler(s))
	if returnsEarly(t, s, func(ctx context.Context, l net.Listener) error { return RunEcho(ctx, e, l) }) {
		t.Error("echo did not wait")
	}
	for name, want := range map[string]bool{"losing": true, "waiting": false} {
		s := newSlow()
		app := fiber.New()
		app.Get("/", func(c fiber.Ctx) error {
			close(s.entered)
			<-s.release
			return c.SendString("done")
		})
		run := RunFiber
		if want {
			run = RunFiberLosing
		}
		if early := returnsEarly(t, s, func(ctx context.Context, l net.Listener) error { return run(ctx, app, l) }); early != want {
			t.Errorf("fiber %s: returned early = %v", name, early)
		}
	}
}

func TestStreamsEndAtShutdown(t *testing.T) {
	for _, ends := range []bool{true, false} {
		listener := listen(t)
		srv := &http.Server{ReadHeaderTimeout: time.Second}
		streams := NewStreams(srv)
		if !ends { // the same handler, but nobody tells it to end
			streams = NewStreams(&http.Server{ReadHeaderTimeout: time.Second})
		}
		srv.Handler = streams
		go func() { _ = srv.Serve(listener) }()
		res, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err = srv.Shutdown(ctx)
		if ends && err != nil || !ends && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ends %v: %v", ends, err)
		}
		cancel()
		_ = srv.Close()
		_ = res.Body.Close()
	}
}

func TestShutdownDoesNotWaitForHijackedConnections(t *testing.T) {
	listener := listen(t)
	hijacked := make(chan net.Conn, 1)
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			hijacked <- conn
		}
	})}
	go func() { _ = srv.Serve(listener) }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	conn := <-hijacked
	defer conn.Close()
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := conn.Write([]byte("still open")); err != nil {
		t.Error(err)
	}
}

func TestDrainTurnsReadinessOffFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ready atomic.Bool
		ready.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		started := time.Now()
		go Drain(ctx, &ready, 5*time.Second)
		synctest.Wait()
		if ready.Load() {
			t.Error("still ready")
		}
		time.Sleep(6 * time.Second)
		if time.Since(started) < 5*time.Second {
			t.Error("no time passed")
		}
	})
}

func TestAFailingPartEndsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broker gone")
		var stopped atomic.Bool
		err := RunAll(t.Context(), func(ctx context.Context) error {
			<-ctx.Done()
			stopped.Store(true)
			return nil
		}, func(ctx context.Context) error {
			return Every(ctx, time.Minute, func(context.Context) error { return broken })
		})
		if !errors.Is(err, broken) || !stopped.Load() {
			t.Errorf("err %v, stopped %v", err, stopped.Load())
		}
	})
}

func TestNotifyContextNamesTheSignal(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGUSR1)
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); cause.Error() != "user defined signal 1 signal received" || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("cause %v, err %v", cause, ctx.Err())
	}
}

type database struct{ err error }

func (d database) Ping(context.Context) error { return d.err }

func TestReadinessFollowsTheDatabaseAndLivenessDoesNot(t *testing.T) {
	var ready atomic.Bool
	status := func(handler http.Handler, path string) int {
		res := httptest.NewRecorder()
		handler.ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
		return res.Code
	}
	up, down := Health(&ready, database{}), Health(&ready, database{errors.New("down")})
	if status(up, "/readyz") != 503 || status(up, "/livez") != 204 {
		t.Error("before the start")
	}
	ready.Store(true)
	if status(up, "/readyz") != 200 || status(down, "/readyz") != 503 || status(down, "/livez") != 204 {
		t.Error("while running")
	}
	if status(LivenessWithDatabase(database{errors.New("down")}), "/livez") != 503 {
		t.Error("the bad probe hides the database")
	}
	registry := NewRegistry()
	admin := Admin(registry, up)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/readyz"} {
		if got := status(admin, path); got != 200 {
			t.Errorf("%s: %d", path, got)
		}
	}
	if status(http.DefaultServeMux, "/debug/pprof/") != 200 {
		t.Error("importing net/http/pprof does not touch the default mux")
	}
}

func series(t *testing.T, registry *prometheus.Registry, name string) (labels []string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			for _, metric := range family.GetMetric() {
				labels = append(labels, metric.GetLabel()[0].GetValue())
			}
		}
	}
	return labels
}

func TestRoutesAreLabelsAndPathsAreNot(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	byRoute, byPath, copied := prometheus.NewRegistry(), prometheus.NewRegistry(), prometheus.NewRegistry()
	withValue := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), database{}, 1)))
	})
	handlers := []http.Handler{Measure(byRoute, mux), MeasureByPath(byPath, mux), Measure(copied, withValue)}
	for id := range 50 {
		for _, handler := range handlers {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/orders/%d", id), nil))
		}
	}
	if got := series(t, byRoute, "http_request_duration_seconds"); len(got) != 1 || got[0] != "GET /orders/{id}" {
		t.Error(got)
	}
	if got := series(t, byPath, "requests_by_path_total"); len(got) != 50 {
		t.Error(len(got))
	}
	if got := series(t, copied, "http_request_duration_seconds"); len(got) != 1 || got[0] != "" {
		t.Error(got)
	}
}

func TestRegisteringTwicePanics(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); p != "duplicate metrics collector registration attempted" {
			t.Error(p)
		}
	}()
	registry := prometheus.NewRegistry()
	Measure(registry, nil)
	Measure(registry, nil)
}

func TestSpansAreSentWhenTheProviderStops(t *testing.T) {
	var sent atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/traces" {
			sent.Add(1)
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	stop, err := StartTracing(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 { // one in ten is sampled
		if err := Import(t.Context(), func(context.Context) (int, error) { return 3, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if sent.Load() != 0 {
		t.Error("sent before the batch was full")
	}
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent.Load() == 0 {
		t.Error("nothing was sent")
	}
}

func TestTheTraceOfTheCallerNeedsAPropagator(t *testing.T) {
	seen := make(chan trace.TraceID, 1)
	const caller = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, set := range []bool{false, true} {
		otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator()) // like the default: nothing
		if set {
			otel.SetTextMapPropagator(propagation.TraceContext{})
		}
		handler, _ := Traced(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen <- trace.SpanContextFromContext(r.Context()).TraceID()
		}))
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Traceparent", "00-"+caller+"-00f067aa0ba902b7-01")
		handler.ServeHTTP(httptest.NewRecorder(), req)
		if got := (<-seen).String() == caller; got != set {
			t.Errorf("propagator %v: trace continued = %v", set, got)
		}
	}
}

func TestGracefulStopWaitsForWatchersUntilItIsCut(t *testing.T) {
	srv, healthy := NewGRPCServer()
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ServeGRPC(ctx, srv, healthy, listener, 200*time.Millisecond) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if first, err := watch.Recv(); err != nil || first.Status != healthpb.HealthCheckResponse_SERVING {
		t.Fatal(first, err)
	}
	cancel()
	started := time.Now()
	if second, err := watch.Recv(); err != nil || second.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Error(second, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if took := time.Since(started); took < 150*time.Millisecond || took > 5*time.Second {
		t.Errorf("stopped after %v", took)
	}
}

func TestCommandReturnsExitCodes(t *testing.T) {
	for args, want := range map[string]int{"serve": 0, "-dry-run migrate": 0, "": 2, "-unknown": 2, "fly": 2} {
		if got := Command(t.Context(), strings.Fields(args), io.Discard); got != want {
			t.Errorf("%q: %d", args, got)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := Command(ended, []string{"serve"}, io.Discard); got != 1 {
		t.Error(got)
	}
}

type countStore struct{ since time.Time }

func (c *countStore) Count(_ context.Context, since time.Time) (int, error) {
	c.since = since
	return 3, nil
}

func TestOrdersTakeWhatTheyNeed(t *testing.T) {
	store := &countStore{}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	res := httptest.NewRecorder()
	NewOrders(store, func() time.Time { return now }, slog.Default()).ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/", nil))
	if res.Body.String() != "3 orders today" || !store.since.Equal(now.Add(-24*time.Hour)) {
		t.Error(res.Body.String(), store.since)
	}
}

func TestMemoryLimitIsOffByDefault(t *testing.T) {
	if os.Getenv("GOMEMLIMIT") == "" && debug.SetMemoryLimit(-1) != math.MaxInt64 {
		t.Error(debug.SetMemoryLimit(-1))
	}
}

func TestAnIdleGlobalHandleConnectsNowhere(t *testing.T) {
	if DB == nil || DB.Stats().OpenConnections != 0 {
		t.Error("sql.Open connected")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	const nobody = "postgres://nobody@127.0.0.1:1/none"
	if _, err := OpenSQL(ctx, nobody); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
	if _, err := OpenPool(ctx, nobody, 2); err == nil || !strings.Contains(err.Error(), "database does not answer") {
		t.Error(err)
	}
}
