// Package ignored is listed.
package ignored
