// Package forbidden reaches into another module.
package forbidden

// region: foreign-internal
import "example.com/lib/internal/db"

// Name shows the mistake: the package belongs to another module.
func Name() string { return db.Name() }

// endregion: foreign-internal
