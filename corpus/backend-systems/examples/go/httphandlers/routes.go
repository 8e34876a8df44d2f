package httphandlers

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Routes registers patterns of the standard mux.
func Routes() http.Handler {
	// region: servemux
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", showOrder)
	mux.HandleFunc("POST /orders", createOrder)
	mux.HandleFunc("GET /files/{path...}", showFile)
	mux.HandleFunc("GET /{$}", home)
	// endregion: servemux
	return mux
}

func showOrder(w http.ResponseWriter, r *http.Request) {
	// region: path-value
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		http.Error(w, "id has to be a positive number", http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "order %d", id)
	// endregion: path-value
}

func createOrder(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }

func showFile(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.PathValue("path")) }

func home(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "home") }

// region: middleware-chain
type Middleware func(http.Handler) http.Handler

// Chain wraps handler so that the first middleware runs first.
func Chain(handler http.Handler, middleware ...Middleware) http.Handler {
	for i := len(middleware) - 1; i >= 0; i-- {
		handler = middleware[i](handler)
	}
	return handler
}

// endregion: middleware-chain

func discard(body io.Reader) (int64, error) { return io.Copy(io.Discard, body) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
