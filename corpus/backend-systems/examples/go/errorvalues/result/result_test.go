package result

import (
	"errors"
	"testing"
)

// region: test
func TestCallersAskWithIsAndField(t *testing.T) {
	err := Wrap(Wrap(ErrNotFound, "load", 7), "cancel", 7)
	if !errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) || err.Error() != "cancel order 7: load order 7: orders: not found" {
		t.Fatal(err)
	}
	if Field(Wrap(&FieldError{"quantity", "has to be positive"}, "create", 1)) != "quantity" || Field(err) != "" {
		t.Fatal("field")
	}
	if Wrap(nil, "load", 7) != nil {
		t.Fatal("nil has to stay nil")
	}
}

// endregion: test
