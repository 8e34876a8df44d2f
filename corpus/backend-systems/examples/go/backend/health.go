package backend

import (
	"context"
	"expvar"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Pinger is what a readiness check asks.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Health answers the two questions of an orchestrator.
func Health(ready *atomic.Bool, db Pinger) http.Handler {
	mux := http.NewServeMux()
	// region: health
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent) // the process answers; nothing else is asked
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if !ready.Load() || db.Ping(ctx) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	// endregion: health
	return mux
}

// LivenessWithDatabase shows the mistake: a slow database restarts every pod.
func LivenessWithDatabase(db Pinger) http.Handler {
	// region: liveness-database
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := db.Ping(r.Context()); err != nil {
			http.Error(w, "database", http.StatusServiceUnavailable)
		}
	})
	// endregion: liveness-database
}

// Admin serves what operators need on an address of its own.
func Admin(registry *prometheus.Registry, health http.Handler) http.Handler {
	// region: admin
	mux := http.NewServeMux()
	mux.Handle("/", health)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	mux.Handle("GET /debug/vars", expvar.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	// endregion: admin
	return mux
}
