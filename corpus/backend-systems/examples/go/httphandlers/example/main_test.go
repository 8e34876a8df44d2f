package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestOrdersAreCreatedAndRefused(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- run(ctx, listener) }()
	for body, want := range map[string]int{
		`{"customer":"ada","quantity":2}`:                   http.StatusCreated,
		`{"customer":"","quantity":0}`:                      http.StatusUnprocessableEntity,
		`{"customer":"ada","quantity":2,"x":1}`:             http.StatusBadRequest,
		`{"customer":"` + strings.Repeat("x", 2<<20) + `"}`: http.StatusRequestEntityTooLarge,
	} {
		res, err := http.Post("http://"+listener.Addr().String()+"/orders", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("status = %d, want %d", res.StatusCode, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
