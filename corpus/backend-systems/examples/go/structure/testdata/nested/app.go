// Package nested is the main module.
package nested
