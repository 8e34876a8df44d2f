package orderapi_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"gnomon.example/examples/structure/order"
	"gnomon.example/examples/structure/orderapi"
	"gnomon.example/examples/structure/ordermem"
)

func TestPlace(t *testing.T) {
	service := order.NewService(ordermem.New(map[string]int{"tea": 5}), func() string { return "o-1" })
	for body, want := range map[string]string{
		`{"article":"tea","quantity":2}`:  `201 {"id":"o-1","article":"tea","quantity":2}`,
		`{"article":"tea","quantity":99}`: "409 Conflict",
		`{"article":"tea"}`:               "422 Unprocessable Entity",
		`[`:                               "400 body is not an order",
	} {
		res := httptest.NewRecorder()
		orderapi.Place(service)(res, httptest.NewRequest("POST", "/orders", strings.NewReader(body)))
		if got := fmt.Sprint(res.Code, " ", strings.TrimSpace(res.Body.String())); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	if orderapi.Status(errors.New("other")) != 500 {
		t.Error("an unknown error is not 500")
	}
}
