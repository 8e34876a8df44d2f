// Package lib is vendored.
package lib

// Name is vendored.
const Name = "vendored"
