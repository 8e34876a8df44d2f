// Package up tries to embed files from outside of its folder.
package up

import "embed"

// region: embed-up
// Files shows the mistake: a pattern cannot leave the folder of its package.
//
//go:embed ../migrations/*.sql
var Files embed.FS

// endregion: embed-up
