package order_test

import (
	"encoding/json"
	"os"
	"testing"

	"example.com/shop/internal/order"
)

func TestCheckAcceptsTheCases(t *testing.T) {
	// region: testdata
	raw, err := os.ReadFile("testdata/quantities.json") // relative to this package's folder
	if err != nil {
		t.Fatal(err)
	}
	var accepted map[string]int
	if err := json.Unmarshal(raw, &accepted); err != nil {
		t.Fatal(err)
	}
	// endregion: testdata
	for name, quantity := range accepted {
		if err := order.Check(quantity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if order.Check(0) == nil {
		t.Error("an order of nothing is accepted")
	}
}
