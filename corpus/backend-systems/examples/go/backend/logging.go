package backend

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/trace"
)

// NewLogger writes JSON and lets the level change while the process runs.
func NewLogger(out io.Writer, service string) (*slog.Logger, *slog.LevelVar) {
	// region: logger
	level := new(slog.LevelVar) // Info until somebody sets another
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})
	logger := slog.New(TraceHandler{handler}).With("service", service)
	slog.SetDefault(logger) // log.Printf of libraries goes there too
	// endregion: logger
	return logger, level
}

// TraceHandler adds the ids of the active span to every record.
type TraceHandler struct{ slog.Handler }

// region: trace-handler
func (h TraceHandler) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}
func (h TraceHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return TraceHandler{h.Handler.WithAttrs(a)}
}
func (h TraceHandler) WithGroup(name string) slog.Handler {
	return TraceHandler{h.Handler.WithGroup(name)}
}

// endregion: trace-handler

// region: lossy-handler
// LossyHandler shows the mistake: WithAttrs and WithGroup come from the embedded handler.
type LossyHandler struct{ slog.Handler }

func (h LossyHandler) Handle(ctx context.Context, record slog.Record) error {
	record.AddAttrs(slog.String("trace_id", trace.SpanContextFromContext(ctx).TraceID().String()))
	return h.Handler.Handle(ctx, record)
}

// endregion: lossy-handler

// LevelHandler lets an operator read and set the level.
func LevelHandler(level *slog.LevelVar) http.Handler {
	// region: level-handler
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := level.UnmarshalText([]byte(r.FormValue("level"))); err != nil {
			http.Error(w, "level is DEBUG, INFO, WARN or ERROR", http.StatusBadRequest)
			return
		}
		slog.WarnContext(r.Context(), "log level changed", "level", level.Level())
	})
	// endregion: level-handler
}
