// region: embed-migrations
// Package migrations carries the SQL files of this folder inside the program.
package migrations

import "embed"

// Files holds every migration, sorted by its number.
//
//go:embed *.sql
var Files embed.FS

// endregion: embed-migrations
