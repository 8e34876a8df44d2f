// Package tool is a module of its own whose path begins with that of lib.
package tool

import "example.com/lib/internal/db"

// Name may use the internal package, because the import paths agree.
func Name() string { return db.Name() }
