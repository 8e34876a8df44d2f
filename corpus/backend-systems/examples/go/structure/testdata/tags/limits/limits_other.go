// region: os-other
//go:build !linux

package limits

// OpenFiles is a guess where the system has no limit to ask for.
func OpenFiles() int { return 256 }

// endregion: os-other
