package backend

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// StartTracing sends spans over OTLP; the returned function sends the rest and has to be called before the process ends.
func StartTracing(ctx context.Context, service string) (stop func(context.Context) error, err error) {
	// region: tracing
	exporter, err := otlptracehttp.New(ctx) // OTEL_EXPORTER_OTLP_ENDPOINT says where
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(
		trace.WithBatcher(exporter),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1))),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", service))),
	)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{}) // the default propagates nothing
	return provider.Shutdown, nil
	// endregion: tracing
}

// Traced wraps the handlers and the outgoing client.
func Traced(mux http.Handler) (http.Handler, *http.Client) {
	// region: otelhttp
	handler := otelhttp.NewHandler(mux, "http")
	client := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	// endregion: otelhttp
	return handler, client
}

// Import times one piece of work inside the trace of its request.
func Import(ctx context.Context, load func(context.Context) (int, error)) error {
	// region: span
	ctx, span := otel.Tracer("orders/imports").Start(ctx, "import")
	defer span.End()
	rows, err := load(ctx)
	if err != nil {
		span.RecordError(err)
		return err
	}
	span.SetAttributes(attribute.Int("rows", rows))
	return nil
	// endregion: span
}
