// Package errorvalues shows the mechanics of errors in Go: making, wrapping, finding, joining, recovering.
package errorvalues

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"
)

// region: sentinel
// ErrNotFound says that nothing has this key.
var ErrNotFound = errors.New("store: not found")

// endregion: sentinel

// Store maps names to numbers.
type Store map[string]int

// Get finds a number.
func (s Store) Get(name string) (int, error) {
	// region: wrap-sentinel
	n, ok := s[name]
	if !ok {
		return 0, fmt.Errorf("get %q: %w", name, ErrNotFound)
	}
	return n, nil
	// endregion: wrap-sentinel
}

// GetOr falls back when there is nothing.
func GetOr(s Store, name string, fallback int) (int, error) {
	// region: errors-is
	n, err := s.Get(name)
	if errors.Is(err, ErrNotFound) {
		return fallback, nil
	}
	return n, err
	// endregion: errors-is
}

// GetOrByEquality compares with ==.
func GetOrByEquality(s Store, name string, fallback int) (int, error) {
	n, err := s.Get(name)
	// region: equality-bad
	if err == ErrNotFound { // false: Get returns a wrapped error
		return fallback, nil
	}
	// endregion: equality-bad
	return n, err
}

// ReadPort reads a port number from a file.
func ReadPort(path string) (int, error) {
	// region: wrap
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read port: %w", err)
	}
	port, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, fmt.Errorf("read port from %s: %w", path, err)
	}
	return port, nil
	// endregion: wrap
}

// ReadPortHidden hides the cause.
func ReadPortHidden(path string) error {
	// region: percent-v-bad
	if _, err := os.ReadFile(path); err != nil {
		return fmt.Errorf("read port: %v", err) // the chain ends here
	}
	// endregion: percent-v-bad
	return nil
}

// region: error-type
// ParseError says where a text is wrong.
type ParseError struct {
	Line int
	Text string
	Err  error
}

func (e *ParseError) Error() string { return fmt.Sprintf("line %d: %q: %v", e.Line, e.Text, e.Err) }
func (e *ParseError) Unwrap() error { return e.Err }

// endregion: error-type

// LineOf finds the line in an error.
func LineOf(err error) (int, bool) {
	// region: as-type
	if parse, ok := errors.AsType[*ParseError](err); ok {
		return parse.Line, true
	}
	return 0, false
	// endregion: as-type
}

// LineOfBefore126 does it with errors.As.
func LineOfBefore126(err error) (int, bool) {
	// region: as
	var parse *ParseError
	if errors.As(err, &parse) {
		return parse.Line, true
	}
	return 0, false
	// endregion: as
}

// LineByAssertion does not look into the chain.
func LineByAssertion(err error) (int, bool) {
	// region: assertion-bad
	parse, ok := err.(*ParseError) // false when the error is wrapped
	// endregion: assertion-bad
	if !ok {
		return 0, false
	}
	return parse.Line, true
}

// IsMissing says whether a file does not exist.
func IsMissing(err error) bool {
	// region: fs-errors
	return errors.Is(err, fs.ErrNotExist) // also for a *fs.PathError around ENOENT
	// endregion: fs-errors
}

// Temporary is what an error may say of itself.
//
// region: behaviour
type Temporary interface{ Temporary() bool }

// MayRetry asks the error and knows no type of it.
func MayRetry(err error) bool {
	temporary, ok := errors.AsType[interface {
		error
		Temporary
	}](err)
	return ok && temporary.Temporary()
}

// endregion: behaviour

// region: custom-is
// StatusError is an error that has a status.
type StatusError struct{ Code int }

func (e StatusError) Error() string { return "status " + strconv.Itoa(e.Code) }

// Is makes every 404 equal to ErrNotFound for errors.Is.
func (e StatusError) Is(target error) bool { return target == ErrNotFound && e.Code == 404 }

// endregion: custom-is

// CheckAll reports every wrong line.
func CheckAll(lines []string) error {
	// region: join
	var errs []error
	for i, line := range lines {
		if _, err := strconv.Atoi(line); err != nil {
			errs = append(errs, &ParseError{Line: i + 1, Text: line, Err: err})
		}
	}
	return errors.Join(errs...) // nil when nothing went wrong
	// endregion: join
}

// EachParseError walks through a joined error.
func EachParseError(err error) (lines []int) {
	// region: walk-joined
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, one := range joined.Unwrap() {
		if parse, ok := errors.AsType[*ParseError](one); ok {
			lines = append(lines, parse.Line)
		}
	}
	// endregion: walk-joined
	return lines
}

// CheckTyped returns a pointer type as an error.
func CheckTyped(text string) error {
	// region: typed-nil-bad
	var problem *ParseError
	if text == "" {
		problem = &ParseError{Line: 1}
	}
	return problem // never nil: an interface that holds a nil pointer
	// endregion: typed-nil-bad
}

// Check returns a literal nil.
func Check(text string) error {
	// region: typed-nil
	if text == "" {
		return &ParseError{Line: 1}
	}
	return nil
	// endregion: typed-nil
}

// region: must
// MustPort is for constants and package variables: it panics on an error.
func MustPort(text string) int {
	port, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("port %q: %v", text, err))
	}
	return port
}

// endregion: must

// Safely runs what may panic.
func Safely(work func()) (err error) {
	// region: recover
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	work()
	return nil
	// endregion: recover
}

// RecoverTooDeep calls recover from a function that the deferred one calls.
func RecoverTooDeep(work func()) {
	// region: recover-bad
	handle := func() { _ = recover() } // called by a deferred function: returns nil
	defer func() { handle() }()
	work()
	// endregion: recover-bad
}

// Stop says why a context ended.
func Stop(ctx context.Context) error {
	// region: context-cause
	ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("price service took over 1 s"))
	defer cancel()
	<-ctx.Done()
	return fmt.Errorf("load prices: %w", context.Cause(ctx))
	// endregion: context-cause
}

// Shadowed returns nil although the inner call failed.
func Shadowed(path string) error {
	// region: shadow-bad
	var err error
	if path != "" {
		_, err := os.ReadFile(path) // a new err: the outer one stays nil
		if err != nil {
			fmt.Println("cannot read", path)
		}
	}
	return err
	// endregion: shadow-bad
}

// Total adds numbers and forgets errors.
func Total(texts []string) (total int) {
	for _, text := range texts {
		// region: blank-bad
		n, _ := strconv.Atoi(text) // "12x" counts as 0
		total += n
		// endregion: blank-bad
	}
	return total
}

// Rows loops over an iterator that may fail.
type Rows struct {
	rows []int
	at   int
	err  error
}

// Next moves on.
func (r *Rows) Next() bool { r.at++; return r.at <= len(r.rows) && r.err == nil }

// Value is the current row.
func (r *Rows) Value() int { return r.rows[r.at-1] }

// Err says why Next ended.
func (r *Rows) Err() error { return r.err }

// Sum reads all rows and asks why the loop ended.
func Sum(rows *Rows) (sum int, err error) {
	// region: err-after-loop
	for rows.Next() {
		sum += rows.Value()
	}
	if err := rows.Err(); err != nil { // the loop ends on failure, too
		return 0, fmt.Errorf("read rows: %w", err)
	}
	return sum, nil
	// endregion: err-after-loop
}

// Writer keeps the first error of many writes.
type Writer struct {
	out []byte
	err error
}

// region: sticky
// Add does nothing after the first failure; Err reports it once at the end.
func (w *Writer) Add(text string, limit int) {
	if w.err == nil && len(w.out)+len(text) > limit {
		w.err = fmt.Errorf("add %d bytes: %w", len(text), errTooLong)
	}
	if w.err == nil {
		w.out = append(w.out, text...)
	}
}

// endregion: sticky

var errTooLong = errors.New("output is too long")

// Err is the first error.
func (w *Writer) Err() error { return w.err }

// Kinds says which of several errors it is.
func Kinds(err error) string {
	// region: switch
	switch {
	case err == nil:
		return "fine"
	case errors.Is(err, ErrNotFound):
		return "missing"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "too slow"
	default:
		return "broken"
	}
	// endregion: switch
}

// SameErrors compares texts in a test.
func SameErrors(got, want []error) bool {
	return slices.EqualFunc(got, want, func(a, b error) bool { return errors.Is(a, b) })
}
