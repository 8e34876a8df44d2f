// Package lib is newer than its last tag.
package lib

// Greeting was added today.
const Greeting = "hello from the working copy"
