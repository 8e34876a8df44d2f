// region: integration-tag
//go:build integration

package store

import (
	"os"
	"testing"
)

func TestAgainstTheRealDatabase(t *testing.T) {
	if os.Getenv("DATABASE_URL") == "" {
		t.Fatal("DATABASE_URL has to be set for -tags=integration")
	}
}

// endregion: integration-tag
