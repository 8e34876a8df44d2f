//go:build enterprise

// Package only exists with a tag.
package only
