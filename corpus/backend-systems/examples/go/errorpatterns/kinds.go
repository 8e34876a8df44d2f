// Package errorpatterns treats errors at the borders of a service: storage, domain, HTTP, gRPC, logs.
package errorpatterns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// region: kind
// Kind says what a caller can do about an error; there are few, and they never grow with the code.
type Kind string

const (
	NotFound    Kind = "not-found"   // ask for something else
	Invalid     Kind = "invalid"     // mend the input
	Conflict    Kind = "conflict"    // read again, then decide
	Forbidden   Kind = "forbidden"   // ask for permission
	Unavailable Kind = "unavailable" // try again later
	Internal    Kind = "internal"    // nothing: call us
)

// endregion: kind

// region: error-type
// Error is an error of the domain: Public may be shown to a client, Err may not.
type Error struct {
	Kind   Kind
	Op     string // what was tried: "orders.create"
	Public string
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Op, e.Kind, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// endregion: error-type

// LogValue lets slog write the parts of an error as attributes.
//
// region: log-value
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", e.Op),
		slog.String("kind", string(e.Kind)),
		slog.Any("cause", e.Err),
	)
}

// endregion: log-value

// region: kind-of
// KindOf finds the kind of the outermost domain error; anything unknown is Internal.
func KindOf(err error) Kind {
	if found, ok := errors.AsType[*Error](err); ok {
		return found.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// endregion: kind-of

// region: retryable
// Retryable says whether the same call may succeed later; a caller's own cancellation never does.
func Retryable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	return KindOf(err) == Unavailable
}

// endregion: retryable

// FieldErrors collects what is wrong with an input, by field.
type FieldErrors map[string]string

// region: field-errors
func (f FieldErrors) Add(ok bool, field, problem string) {
	if !ok {
		f[field] = problem
	}
}

// Err is nil when nothing is wrong.
func (f FieldErrors) Err(op string) error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Op: op, Public: "some fields are not valid", Err: f}
}

// endregion: field-errors

func (f FieldErrors) Error() string { return fmt.Sprintf("%d invalid fields", len(f)) }
