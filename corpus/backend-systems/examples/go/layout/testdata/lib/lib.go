// Package lib is what other modules may import.
package lib

import "example.com/lib/internal/db"

// Name is public.
func Name() string { return db.Name() }
