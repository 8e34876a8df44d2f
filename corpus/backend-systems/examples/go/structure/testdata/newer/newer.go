// Package newer wants a Go version that does not exist yet.
package newer
