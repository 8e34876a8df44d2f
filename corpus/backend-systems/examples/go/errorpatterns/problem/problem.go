// Package problem answers HTTP requests that failed: one error type, one table of status codes, one body (RFC 9457).
package problem

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
)

// Kind says what a caller can do about an error.
type Kind int

// The kinds, and nothing else; an error without a kind is internal.
const (
	Internal Kind = iota
	NotFound
	Invalid
	Conflict
	Unavailable
)

var answers = map[Kind]struct {
	status int
	slug   string
}{
	Internal:    {http.StatusInternalServerError, "internal"},
	NotFound:    {http.StatusNotFound, "not-found"},
	Invalid:     {http.StatusUnprocessableEntity, "invalid"},
	Conflict:    {http.StatusConflict, "conflict"},
	Unavailable: {http.StatusServiceUnavailable, "unavailable"},
}

// Error carries a text for the client and a cause for the log.
type Error struct {
	Kind   Kind
	Public string
	Cause  error
}

func (e *Error) Error() string { return answers[e.Kind].slug + ": " + e.Public + ": " + text(e.Cause) }
func (e *Error) Unwrap() error { return e.Cause }

func text(err error) string {
	if err == nil {
		return "no cause"
	}
	return err.Error()
}

// Handler is a handler that returns its error; base is the address of your documentation of error types.
func Handler(base string, log *slog.Logger, h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		found, ok := errors.AsType[*Error](err)
		if !ok {
			found = &Error{Kind: Internal, Cause: err}
		}
		answer := answers[found.Kind]
		level := slog.LevelInfo
		if answer.status >= 500 {
			level = slog.LevelError
		}
		log.Log(r.Context(), level, "request failed", "status", answer.status, "path", r.URL.Path, "err", err)
		write(w, base+answer.slug, answer.status, found.Public)
	})
}

func write(w http.ResponseWriter, kind string, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": kind, "title": http.StatusText(status), "status": status, "detail": detail})
}
