// Package result holds a package's whole error surface: two sentinels, one type, and how callers ask.
package result

import (
	"errors"
	"fmt"
)

// Conditions that callers branch on; compare with errors.Is.
var (
	ErrNotFound = errors.New("orders: not found")
	ErrConflict = errors.New("orders: changed meanwhile")
)

// FieldError says which field of an input is wrong; find it with errors.AsType or errors.As.
type FieldError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *FieldError) Error() string { return fmt.Sprintf("orders: field %s %s", e.Field, e.Reason) }

// Wrap names the operation and the order; it returns nil for nil.
func Wrap(err error, operation string, id int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s order %d: %w", operation, id, err)
}

// Field returns the wrong field of err, or "" when err is about something else.
func Field(err error) string {
	if found, ok := errors.AsType[*FieldError](err); ok {
		return found.Field
	}
	return ""
}
