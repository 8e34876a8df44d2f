// region: testcycle
package order

import (
	"testing"

	"example.com/testcycle/ordertest"
)

func TestID(t *testing.T) {
	if ordertest.Sample().ID == "" {
		t.Error("no id")
	}
}

// endregion: testcycle
