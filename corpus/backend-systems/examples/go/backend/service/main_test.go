package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines collects the log and lets the test read it while the service runs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var started = regexp.MustCompile(`api=(\S+) admin=(\S+)`)

func TestARequestThatRunsWhenTheSignalComesIsAnswered(t *testing.T) {
	ctx, terminate := context.WithCancelCause(t.Context())
	var out lines
	done := make(chan error, 1)
	go func() { done <- run(ctx, func(string) string { return "127.0.0.1:0" }, &out) }()
	var at []string
	for at = started.FindStringSubmatch(out.String()); at == nil; at = started.FindStringSubmatch(out.String()) {
		time.Sleep(time.Millisecond)
	}
	answer := make(chan string, 1)
	go func() {
		res, err := http.Post("http://"+at[1]+"/orders", "application/json", nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	time.Sleep(20 * time.Millisecond)
	terminate(errors.New("terminated signal received"))
	time.Sleep(20 * time.Millisecond)
	if status := get(t, "http://"+at[2]+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readiness while draining: %d", status)
	}
	if status := get(t, "http://"+at[2]+"/livez"); status != http.StatusNoContent {
		t.Errorf("liveness while draining: %d", status)
	}
	if got := <-answer; got != "order 1\n" {
		t.Errorf("answer = %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if log := out.String(); !strings.Contains(log, `cause="terminated signal received"`) || !strings.Contains(log, "orders=1") {
		t.Error(log)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
