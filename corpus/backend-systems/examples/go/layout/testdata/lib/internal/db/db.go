// Package db belongs to this module.
package db

// Name is known inside the module.
func Name() string { return "lib" }
