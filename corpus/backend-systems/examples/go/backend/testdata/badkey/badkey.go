// Package badkey holds log calls that go vet refuses.
package badkey

import "log/slog"

// Report shows the mistake: a value without a key.
func Report(err error) {
	// region: badkey
	slog.Error("import failed", err)
	// endregion: badkey
}

// ReportWithKey names the value.
func ReportWithKey(err error) {
	// region: goodkey
	slog.Error("import failed", "err", err)
	// endregion: goodkey
}
