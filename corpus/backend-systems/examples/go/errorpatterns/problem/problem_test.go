package problem

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheClientSeesThePublicTextAndTheLogTheCause(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		level  string
	}{
		{&Error{Kind: NotFound, Public: "no such order", Cause: errors.New("secret table")}, 404, "INFO"},
		{fmt.Errorf("load: %w", &Error{Kind: Conflict, Public: "changed meanwhile"}), 409, "INFO"},
		{errors.New("secret host db-1"), 500, "ERROR"},
	} {
		var log bytes.Buffer
		h := Handler("https://errors.example/", slog.New(slog.NewTextHandler(&log, nil)), func(http.ResponseWriter, *http.Request) error { return c.err })
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, httptest.NewRequest("GET", "/orders/7", nil))
		body := recorder.Body.String()
		if recorder.Code != c.status || strings.Contains(body, "secret") || !strings.Contains(log.String(), "level="+c.level) {
			t.Errorf("%d %s\n%s", recorder.Code, body, log.String())
		}
		if recorder.Header().Get("Content-Type") != "application/problem+json" {
			t.Error(recorder.Header())
		}
	}
}
