// Package client is a module of its own.
package client
