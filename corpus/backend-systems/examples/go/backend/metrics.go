package backend

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewRegistry holds the runtime's own metrics and nothing that a library registered by itself.
func NewRegistry() *prometheus.Registry {
	// region: registry
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	// endregion: registry
	return registry
}

// Measure counts and times requests by route and not by path.
func Measure(registry *prometheus.Registry, next http.Handler) http.Handler {
	// region: measure
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_request_duration_seconds",
		Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 10},
	}, []string{"route", "status"})
	registry.MustRegister(seconds)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started, answer := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		status := strconv.Itoa(answer.status)
		seconds.WithLabelValues(r.Pattern, status).Observe(time.Since(started).Seconds())
	})
	// endregion: measure
}

// MeasureByPath shows the mistake: every id becomes a time series.
func MeasureByPath(registry *prometheus.Registry, next http.Handler) http.Handler {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_by_path_total"}, []string{"path"})
	registry.MustRegister(requests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		// region: path-label
		requests.WithLabelValues(r.URL.Path).Inc()
		// endregion: path-label
	})
}

// statusWriter remembers the status and lets ResponseController reach the writer below.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
