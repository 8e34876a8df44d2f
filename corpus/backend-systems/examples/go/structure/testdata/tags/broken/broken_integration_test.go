//go:build integration

package broken

import "testing"

func TestNobodyCompiles(t *testing.T) { removedLongAgo(t) }
