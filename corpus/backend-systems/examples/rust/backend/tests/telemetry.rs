//! What is logged and measured, and what is not.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use backend::telemetry::{log_panics, traced};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::ServiceExt;
use tower_http::trace::TraceLayer;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What JSON lines a program writes under a filter.
fn logged(filter: &str, program: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_current_span(true)
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, program);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

fn ask(app: Router) -> StatusCode {
    let request = Request::get("/orders/7").body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(app.oneshot(request)).unwrap().status()
}

fn app(status: StatusCode) -> Router {
    Router::new().route("/orders/{id}", get(async move || status))
}

#[test]
fn a_default_directive_counts_only_when_no_other_is_given() {
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    assert_eq!(builder.parse_lossy("").to_string(), "info");
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    assert_eq!(builder.parse_lossy("shop=debug").to_string(), "shop=debug"); // all else is silent
    assert_eq!(EnvFilter::new("info,shop=debug").to_string().split(',').count(), 2);
    assert_eq!(EnvFilter::new("").to_string(), "error");
    let event = || tracing::info!(target: "sqlx::query", "slow");
    assert_eq!(logged("shop=debug", event), "");
    assert!(logged("info,shop=debug", event).contains("slow"));
    let event = || tracing::info!(target: "my_app", "started");
    assert_eq!(logged("my-app=info", event), ""); // a target has underscores
}

#[test]
fn a_trace_layer_logs_answers_at_debug_by_default() {
    let bare = || _ = ask(app(StatusCode::OK).layer(TraceLayer::new_for_http()));
    assert_eq!(logged("info", bare), "");
    let bare = || _ = ask(app(StatusCode::OK).layer(TraceLayer::new_for_http()));
    assert!(logged("info,tower_http=debug", bare).contains("finished processing request"));
    let line = logged("info", || _ = ask(traced(app(StatusCode::OK))));
    assert!(
        line.contains("finished processing request") && line.contains(r#""route":"/orders/{id}""#),
        "{line}"
    );
}

#[test]
fn a_filter_that_disables_the_span_takes_its_fields_from_the_error() {
    let fails = || _ = ask(traced(app(StatusCode::INTERNAL_SERVER_ERROR)));
    let line = logged("warn", fails);
    assert!(line.contains("response failed") && !line.contains("route"), "{line}");
    let fails = || _ = ask(traced(app(StatusCode::INTERNAL_SERVER_ERROR)));
    assert!(logged("info", fails).contains("route"));
}

#[test]
fn a_panic_becomes_one_event() {
    let line = logged("info", || {
        log_panics();
        let request = tracing::info_span!("request", route = "/orders/{id}");
        _ = request.in_scope(|| std::panic::catch_unwind(|| panic!("no stock")));
        _ = std::panic::take_hook();
    });
    assert!(line.contains(r#""text":"no stock""#) && line.contains("tests/telemetry.rs:"), "{line}");
    assert!(line.contains("/orders/{id}"), "{line}"); // the hook runs inside of the span
}

#[test]
fn a_histogram_without_buckets_is_a_summary() {
    let render = |builder: PrometheusBuilder| {
        let recorder = builder.build_recorder();
        metrics::with_local_recorder(&recorder, || metrics::histogram!("http_request_seconds").record(0.2));
        recorder.handle().render()
    };
    let summary = render(PrometheusBuilder::new());
    assert!(summary.contains("quantile=\"0.99\"") && !summary.contains("_bucket"), "{summary}");
    let histogram = render(PrometheusBuilder::new().set_buckets(&[0.1, 0.5]).unwrap());
    assert!(histogram.contains(r#"http_request_seconds_bucket{le="0.5"} 1"#), "{histogram}");
}
