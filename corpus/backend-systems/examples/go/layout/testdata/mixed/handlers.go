// Package handlers stands in the same folder.
package handlers
