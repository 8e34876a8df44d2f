// Package allowed uses the public package.
package allowed

// region: public-door
import "example.com/lib"

// Name asks the public package, which uses its internal one.
func Name() string { return lib.Name() }

// endregion: public-door
