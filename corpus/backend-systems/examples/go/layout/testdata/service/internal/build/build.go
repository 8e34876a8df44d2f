// Package build knows which version of the program runs.
package build

import "runtime/debug"

// region: build-info
// Version is the tag or commit that this program was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version // "(devel)" without version control
}

// endregion: build-info
