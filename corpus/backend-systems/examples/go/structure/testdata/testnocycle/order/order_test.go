// region: testnocycle
package order_test

import (
	"testing"

	"example.com/testnocycle/ordertest"
)

func TestID(t *testing.T) {
	if ordertest.Sample().ID == "" {
		t.Error("no id")
	}
}

// endregion: testnocycle
