package api_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/shop/internal/api"
)

func TestOrders(t *testing.T) {
	for path, want := range map[string]int{"/orders/2": 201, "/orders/0": 422, "/orders/x": 422} {
		answer := httptest.NewRecorder()
		api.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, path, nil))
		if answer.Code != want {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := api.Run(ctx, []string{"-addr", "127.0.0.1:0"}, &out); err != nil {
		t.Error(err)
	}
}
