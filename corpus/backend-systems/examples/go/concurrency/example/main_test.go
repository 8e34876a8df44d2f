package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestAtMostFourRequestsAreOpen(t *testing.T) {
	var open, most atomic.Int32
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		now := open.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		open.Add(-1)
	}))
	defer site.Close()
	links := make([]string, 40)
	for i := range links {
		links[i] = site.URL
	}
	for _, r := range check(t.Context(), site.Client(), links) {
		if r.err != nil || r.status != http.StatusOK {
			t.Fatalf("%+v", r)
		}
	}
	if most.Load() > 4 {
		t.Fatalf("%d requests at once", most.Load())
	}
}

func TestACancelledCheckReportsEveryLink(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range check(ctx, http.DefaultClient, []string{"http://127.0.0.1:1", "http://127.0.0.1:1"}) {
		if !errors.Is(r.err, context.Canceled) {
			t.Fatalf("%+v", r)
		}
	}
}
