// Package none embeds files that do not exist.
package none

import "embed"

// Files matches nothing.
//
//go:embed *.sql
var Files embed.FS
