// Package httphandlers holds the code that the methodology go-http-handlers shows.
package httphandlers

import (
	"context"
	"net/http"
	"time"
)

// NewServer returns a server that bounds every phase of a connection.
func NewServer(addr string, handler http.Handler) *http.Server {
	// region: server-timeouts
	srv := &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	// endregion: server-timeouts
	return srv
}

// ServeWithoutTimeouts shows the mistake: the package function leaves no place for a timeout.
func ServeWithoutTimeouts(addr string, handler http.Handler) error {
	// region: bare-listen
	return http.ListenAndServe(addr, handler)
	// endregion: bare-listen
}

// ReceiveSlowly reads a large upload under a deadline of its own.
func ReceiveSlowly(w http.ResponseWriter, r *http.Request) {
	// region: request-deadline
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		http.Error(w, "deadline not supported", http.StatusInternalServerError)
		return
	}
	n, err := discard(r.Body)
	// endregion: request-deadline
	if err != nil {
		http.Error(w, "upload interrupted", http.StatusRequestTimeout)
		return
	}
	w.Header().Set("X-Received", itoa(n))
	w.WriteHeader(http.StatusNoContent)
}

// WithBudget gives the handler's work a deadline and lets the handler write the answer itself.
func WithBudget(budget time.Duration, next http.Handler) http.Handler {
	// region: context-timeout
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), budget)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	// endregion: context-timeout
}

// Bounded answers 503 when a handler takes longer than two seconds.
func Bounded(slow http.Handler) http.Handler {
	// region: timeout-handler
	return http.TimeoutHandler(slow, 2*time.Second, `{"title":"timed out"}`)
	// endregion: timeout-handler
}
