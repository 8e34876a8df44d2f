package httphandlers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, handler http.Handler, method, target, body string, header ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// drip opens a connection, sends half a header and reports how long the server keeps it open (at most wait).
func drip(t *testing.T, srv *http.Server, wait time.Duration) time.Duration {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(listener) }()
	defer srv.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	started := time.Now()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(started.Add(wait))
	_, _ = io.ReadAll(conn)
	return time.Since(started)
}

func TestReadHeaderTimeoutCutsASlowClientOff(t *testing.T) {
	quiet := log.New(io.Discard, "", 0)
	bounded := &http.Server{Handler: Routes(), ReadHeaderTimeout: 200 * time.Millisecond, ErrorLog: quiet}
	if held := drip(t, bounded, 3*time.Second); held > 2*time.Second {
		t.Errorf("a slow client held the connection for %v", held)
	}
	open := &http.Server{Handler: Routes(), ErrorLog: quiet}
	if held := drip(t, open, time.Second); held < time.Second {
		t.Errorf("without a timeout the connection was closed after %v", held)
	}
}

func TestZeroServerAndDefaultClientHaveNoTimeout(t *testing.T) {
	var srv http.Server
	if srv.ReadHeaderTimeout+srv.ReadTimeout+srv.WriteTimeout+srv.IdleTimeout != 0 || http.DefaultClient.Timeout != 0 {
		t.Fatal("a zero value has a timeout")
	}
	if http.DefaultMaxHeaderBytes != 1<<20 {
		t.Fatal("the default header limit is not 1 MiB")
	}
}

func TestWriteTimeoutEndsASlowHandler(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(w, "late")
	})
	srv := httptest.NewUnstartedServer(slow)
	srv.Config.WriteTimeout = 100 * time.Millisecond
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	defer srv.Close()
	if res, err := srv.Client().Get(srv.URL); err == nil {
		t.Fatalf("status %d, want a closed connection", res.StatusCode)
	}
}

func TestMuxMatchesMethodsAndWildcards(t *testing.T) {
	mux := Routes()
	for _, c := range []struct {
		method, target string
		status         int
		body           string
	}{
		{http.MethodGet, "/orders/7", 200, "order 7"},
		{http.MethodHead, "/orders/7", 200, "order 7"},
		{http.MethodGet, "/orders/x", 400, ""},
		{http.MethodGet, "/files/a/b", 200, "a/b"},
		{http.MethodGet, "/", 200, "home"},
		{http.MethodGet, "/other", 404, ""},
	} {
		res := serve(t, mux, c.method, c.target, "")
		if body := text(t, res); res.StatusCode != c.status || (c.body != "" && body != c.body) {
			t.Errorf("%s %s = %d %q", c.method, c.target, res.StatusCode, body)
		}
	}
	res := serve(t, mux, http.MethodDelete, "/orders/7", "")
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE = %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestConflictingPatternsPanicAtRegistration(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/posts/{id}/latest", home)
	mux.HandleFunc("/posts/new/{name}", home)
}

func TestTrailingSlashRedirectIs307(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/tree/", home)
	if res := serve(t, mux, http.MethodPost, "/tree", ""); res.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestCreateOrderBoundsDecodesAndValidates(t *testing.T) {
	handler := http.HandlerFunc(CreateOrder)
	for body, want := range map[string]int{
		`{"customer":"ada","quantity":1}`:               201,
		`{"customer":"ada","quantity":1}{"again":true}`: 400,
		`{"customer":"ada","quantity":1,"price":3}`:     400,
		`{"customer":"ada"}`:                            422,
		`{`:                                             400,
		`{"customer":"` + strings.Repeat("x", 1<<20) + `","quantity":1}`: 413,
	} {
		if res := serve(t, handler, http.MethodPost, "/orders", body); res.StatusCode != want {
			t.Errorf("%.40s = %d, want %d", body, res.StatusCode, want)
		}
	}
	big := strings.Repeat("x", 2<<20)
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"customer":"`+big+`","quantity":1}`))
	if order, err := DecodeUnbounded(request); err != nil || len(order.Customer) != len(big) {
		t.Error("the unbounded decoder did not read the whole body")
	}
}

func TestWriteJSONCanStillFail(t *testing.T) {
	recorder := httptest.NewRecorder()
	WriteJSON(recorder, http.StatusOK, func() {})
	if recorder.Code != http.StatusInternalServerError {
		t.Fatalf("status %d", recorder.Code)
	}
}

func TestAStatusAfterTheBodyIsLost(t *testing.T) {
	var logged strings.Builder
	srv := httptest.NewUnstartedServer(http.HandlerFunc(StatusTooLate))
	srv.Config.ErrorLog = log.New(&logged, "", 0)
	srv.Start()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	srv.Close()
	if res.StatusCode != http.StatusOK || !strings.Contains(logged.String(), "http: superfluous response.WriteHeader call") {
		t.Fatalf("status %d, log %q", res.StatusCode, logged.String())
	}
}

func TestHeadersAfterWriteHeaderAreLost(t *testing.T) {
	res := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.Header().Set("X-Late", "1")
	}), http.MethodGet, "/", "")
	if res.Header.Get("X-Late") != "" {
		t.Fatal("the late header was sent")
	}
}

func TestErrorDoesNotEndTheHandler(t *testing.T) {
	res := serve(t, http.HandlerFunc(MissingReturn), http.MethodGet, "/", "")
	if body := text(t, res); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "secret report") {
		t.Fatalf("%d %q", res.StatusCode, body)
	}
}

func TestRecoverAnswers500AndLetsAnAbortThrough(t *testing.T) {
	res := serve(t, Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })), http.MethodGet, "/", "")
	if res.StatusCode != http.StatusInternalServerError {
		t.Fatalf("status %d", res.StatusCode)
	}
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Fatal("the abort was swallowed")
		}
	}()
	serve(t, Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), http.MethodGet, "/", "")
}

func TestMiddlewareRunsInOrderAndSharesTheID(t *testing.T) {
	var order []string
	named := func(name string) Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { order = append(order, name); next.ServeHTTP(w, r) })
		}
	}
	var seen string
	final := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = RequestID(r.Context()) })
	res := serve(t, Chain(final, named("first"), named("second"), WithRequestID, Log), http.MethodGet, "/", "")
	if strings.Join(order, " ") != "first second" || seen == "" || seen != res.Header.Get("X-Request-Id") {
		t.Fatalf("order %v, id %q", order, seen)
	}
}

func TestTimeoutHandlerAnswers503(t *testing.T) {
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	started := time.Now()
	res := serve(t, Bounded(slow), http.MethodGet, "/", "")
	if res.StatusCode != http.StatusServiceUnavailable || time.Since(started) > 4*time.Second {
		t.Fatalf("status %d after %v", res.StatusCode, time.Since(started))
	}
}

func TestTimeoutHandlerCannotFlush(t *testing.T) {
	var err error
	flushing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { err = http.NewResponseController(w).Flush() })
	serve(t, Bounded(flushing), http.MethodGet, "/", "")
	if !errors.Is(err, http.ErrNotSupported) {
		t.Fatalf("err = %v", err)
	}
}

func TestBudgetEndsTheContextAndNotTheRequest(t *testing.T) {
	handler := WithBudget(20*time.Millisecond, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		Report(w, r, r.Context().Err())
	}))
	if res := serve(t, handler, http.MethodGet, "/", ""); res.StatusCode != http.StatusGatewayTimeout {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestTheContextEndsWhenTheClientLeaves(t *testing.T) {
	ended := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		ended <- r.Context().Err()
	}))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Fetch(ctx, srv.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("the handler saw %v", err)
	}
}

func TestWrappedWritersStillFlush(t *testing.T) {
	ticks := make(chan string, 1)
	ticks <- "one"
	srv := httptest.NewServer(Log(Events(ticks)))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	if err != nil || line != "data: one\n" {
		t.Fatalf("%q %v", line, err)
	}
}

func TestARequestDeadlineOutlivesTheServers(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(ReceiveSlowly))
	srv.Config.ReadTimeout = 200 * time.Millisecond
	srv.Start()
	defer srv.Close()
	reader, writer := io.Pipe()
	go func() {
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			_, _ = writer.Write([]byte("x"))
		}
		_ = writer.Close()
	}()
	res, err := srv.Client().Post(srv.URL, "text/plain", reader)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent || res.Header.Get("X-Received") != "4" {
		t.Fatalf("%d, received %q", res.StatusCode, res.Header.Get("X-Received"))
	}
}

func TestUploadStreamsToDiskAndIsBounded(t *testing.T) {
	folder := t.TempDir()
	body := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../etc/x\"\r\n\r\nhello\r\n--b--\r\n"
	res := serve(t, Upload(folder), http.MethodPost, "/", body, "Content-Type", "multipart/form-data; boundary=b")
	files, _ := filepath.Glob(folder + "/upload-*")
	if res.StatusCode != http.StatusCreated || len(files) != 1 {
		t.Fatalf("%d %v", res.StatusCode, files)
	}
	if res := serve(t, Upload(folder), http.MethodPost, "/", "x"); res.StatusCode != http.StatusBadRequest {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestProxyReplacesForwardedHeaders(t *testing.T) {
	upstreamServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	}))
	defer upstreamServer.Close()
	target, _ := url.Parse(upstreamServer.URL)
	res := serve(t, Proxy(target), http.MethodGet, "/", "", "X-Forwarded-For", "6.6.6.6")
	if body := text(t, res); strings.Contains(body, "6.6.6.6") || body == "" {
		t.Fatalf("forwarded %q", body)
	}
}

func TestStaticFilesStayInTheirFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	files, err := Static(folder)
	if err != nil {
		t.Fatal(err)
	}
	if res := serve(t, files, http.MethodGet, "/static/a.txt", ""); res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
	if res := serve(t, files, http.MethodGet, "/static/link", ""); res.StatusCode == http.StatusOK {
		t.Error("a link led out of the folder")
	}
}

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	handler, err := Protected(Routes())
	if err != nil {
		t.Fatal(err)
	}
	if res := serve(t, handler, http.MethodPost, "/orders", "", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site POST = %d", res.StatusCode)
	}
	if res := serve(t, handler, http.MethodPost, "/orders", "", "Sec-Fetch-Site", "same-origin"); res.StatusCode != http.StatusCreated {
		t.Errorf("same-origin POST = %d", res.StatusCode)
	}
	if res := serve(t, handler, http.MethodGet, "/orders/1", "", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusOK {
		t.Errorf("cross-site GET = %d", res.StatusCode)
	}
}

func TestDefaultClientWaitsAndABoundedOneDoesNot(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(time.Second):
		}
	}))
	defer srv.Close()
	started := time.Now()
	if status, err := FetchUnbounded(srv.URL); err != nil || status != 200 || time.Since(started) < time.Second {
		t.Errorf("default client: %d %v after %v", status, err, time.Since(started))
	}
	client := &http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Get(srv.URL); !os.IsTimeout(err) {
		t.Errorf("bounded client: %v", err)
	}
}

func TestFrameworks(t *testing.T) {
	good, bad := `{"customer":"ada","quantity":1}`, `{"customer":"","quantity":0}`
	ginRouter, err := Gin()
	if err != nil {
		t.Fatal(err)
	}
	json := []string{"Content-Type", "application/json"}
	huge := `{"customer":"` + strings.Repeat("x", 2<<20) + `","quantity":1}`
	for name, c := range map[string]struct {
		handler      http.Handler
		body         string
		target, verb string
		want         int
	}{
		"chi":           {Chi(), "", "/orders/7", http.MethodGet, 200},
		"gin good":      {ginRouter, good, "/orders", http.MethodPost, 201},
		"gin bad":       {ginRouter, bad, "/orders", http.MethodPost, 400},
		"gin too large": {ginRouter, huge, "/orders", http.MethodPost, 413},
		"echo good":     {Echo(), good, "/orders", http.MethodPost, 201},
		"echo bad":      {Echo(), bad, "/orders", http.MethodPost, 422},
		"echo broken":   {Echo(), "{", "/orders", http.MethodPost, 400},
	} {
		if res := serve(t, c.handler, c.verb, c.target, c.body, json...); res.StatusCode != c.want {
			t.Errorf("%s = %d, want %d", name, res.StatusCode, c.want)
		}
	}
	res, err := Fiber().Test(httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	if err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("fiber: %v %v", res, err)
	}
}

// region: handler-test
func TestShowOrderRefusesText(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/orders/x", nil)
	recorder := httptest.NewRecorder()
	Routes().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusBadRequest {
		t.Fatalf("status = %d, want 400", recorder.Code)
	}
}

// endregion: handler-test

func TestJSONEncoderEscapesHTML(t *testing.T) {
	data, err := json.Marshal("<b>")
	if err != nil || string(data) != `"\u003cb\u003e"` {
		t.Fatalf("%s %v", data, err)
	}
}
