package httphandlers

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// Recover turns a panic into a 500 and a log line with its stack.
func Recover(next http.Handler) http.Handler {
	// region: recover
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				slog.ErrorContext(r.Context(), "panic", "value", p, "stack", string(debug.Stack()))
				http.Error(w, "internal error", http.StatusInternalServerError)
			} else if p != nil {
				panic(p)
			}
		}()
		next.ServeHTTP(w, r)
	})
	// endregion: recover
}

// region: context-key
type requestIDKey struct{}

func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// endregion: context-key

// WithRequestID puts an id into the request's context and into the response.
func WithRequestID(next http.Handler) http.Handler {
	// region: request-id
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	// endregion: request-id
}

// region: status-recorder
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// endregion: status-recorder

// Log writes one line a request.
func Log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		slog.InfoContext(r.Context(), "request", "method", r.Method, "pattern", r.Pattern, "status", recorder.status, "took", time.Since(started))
	})
}

// Report tells a client that went away from a failure of the service.
func Report(w http.ResponseWriter, r *http.Request, err error) {
	// region: client-gone
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		slog.DebugContext(r.Context(), "client left", "path", r.URL.Path)
		return
	}
	if errors.Is(err, context.DeadlineExceeded) {
		http.Error(w, "timed out", http.StatusGatewayTimeout)
		return
	}
	http.Error(w, "internal error", http.StatusInternalServerError)
	// endregion: client-gone
}
