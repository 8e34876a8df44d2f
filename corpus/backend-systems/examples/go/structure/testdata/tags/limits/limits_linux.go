// Package limits has one file for each system.
package limits

// region: os-linux
// OpenFiles is the limit that this system sets.
func OpenFiles() int { return 1024 }

// endregion: os-linux
