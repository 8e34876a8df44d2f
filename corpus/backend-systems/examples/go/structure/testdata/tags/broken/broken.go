// Package broken has a test that no build without tags sees.
package broken
