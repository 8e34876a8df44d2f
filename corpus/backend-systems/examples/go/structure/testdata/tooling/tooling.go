// Package tooling generates with a tool of its own.
package tooling

// region: generate
//go:generate go tool hello

// endregion: generate
