//! Middleware: order, timeouts, limits, ids, panics, CORS.

use std::time::Duration;

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use tower::{BoxError, ServiceBuilder, limit::GlobalConcurrencyLimitLayer, load_shed::LoadShedLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::CorsLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "done"
}

/// Ends a handler after its time with a status.
pub fn timed() -> Router {
    // region: timeout-layer
    Router::new()
        .route("/report", get(slow))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(10)))
    // endregion: timeout-layer
}

/// Layers of a whole service, the outermost first.
pub fn service(routes: Router) -> Router {
    // region: service-builder
    routes.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(TraceLayer::new_for_http().make_span_with(span))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(CatchPanicLayer::new())
            .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(10)))
            .layer(RequestBodyLimitLayer::new(8 << 20)),
    )
    // endregion: service-builder
}

// region: request-id-span
fn span<B>(request: &http::Request<B>) -> Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or("-");
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}
// endregion: request-id-span

/// Limits how many requests of one route run at once; the others stay free.
pub fn limited(most: usize) -> Router {
    // region: route-limit
    let limit = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(most));
    Router::new().route("/report", get(slow).layer(limit)).route("/health", get(|| async { "ok" }))
    // endregion: route-limit
}

// region: from-fn
async fn require_key(
    State(key): State<ApiKey>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let sent = request.headers().get("x-api-key").ok_or(StatusCode::UNAUTHORIZED)?;
    if key.matches(sent.as_bytes()) { Ok(next.run(request).await) } else { Err(StatusCode::UNAUTHORIZED) }
}

pub fn guarded(key: ApiKey) -> Router {
    Router::new().route("/admin", get(admin)).route_layer(from_fn_with_state(key, require_key))
}
// endregion: from-fn

async fn admin() -> &'static str {
    "in"
}

/// A key whose comparison takes the same time wherever the first difference is.
#[derive(Clone)]
pub struct ApiKey(pub &'static [u8; 32]);

impl ApiKey {
    fn matches(&self, sent: &[u8]) -> bool {
        sent.len() == self.0.len() && self.0.iter().zip(sent).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
    }
}

// region: cors
pub fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://shop.example"))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([HeaderName::from_static("content-type")])
        .max_age(Duration::from_secs(3600))
}
// endregion: cors

/// Shows the mistake: every origin may call.
pub fn any_origin() -> CorsLayer {
    // region: cors-permissive
    CorsLayer::permissive()
    // endregion: cors-permissive
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    fn get_(uri: &str) -> Request {
        Request::get(uri).body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_handler_is_ended_with_a_status() {
        let response = timed().oneshot(get_("/report")).await.unwrap();
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn one_route_is_limited_and_the_others_stay_free() {
        let app = limited(1);
        let busy = tokio::spawn(app.clone().oneshot(get_("/report")));
        tokio::task::yield_now().await;
        assert_eq!(
            app.clone().oneshot(get_("/report")).await.unwrap().status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(app.clone().oneshot(get_("/health")).await.unwrap().status(), StatusCode::OK);
        assert_eq!(busy.await.unwrap().unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn route_layers_do_not_run_for_unknown_paths() {
        assert_eq!(guarded().oneshot(get_("/admin")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(guarded().oneshot(get_("/nothing")).await.unwrap().status(), StatusCode::NOT_FOUND);
        let layered = Router::new().route("/admin", get(|| async { "in" })).layer(from_fn(require_key));
        assert_eq!(layered.oneshot(get_("/nothing")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn the_last_layer_added_runs_first() {
        async fn mark(request: Request, next: Next, name: &'static str) -> Response {
            let mut response = next.run(request).await;
            response.headers_mut().append("x-order", HeaderValue::from_static(name));
            response
        }
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(from_fn(|request, next| mark(request, next, "first added")))
            .layer(from_fn(|request, next| mark(request, next, "last added")));
        let response = app.oneshot(get_("/")).await.unwrap();
        let order: Vec<_> = response.headers().get_all("x-order").iter().collect();
        assert_eq!(order, ["first added", "last added"]);
    }

    #[tokio::test]
    async fn a_panic_is_500_and_the_id_comes_back() {
        async fn broken() -> &'static str {
            panic!("boom")
        }
        let app = service(Router::new().route("/broken", get(broken)));
        let response = app.oneshot(get_("/broken")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key("x-request-id"));
    }

    #[tokio::test]
    async fn cors_names_one_origin_or_any() {
        for (layer, allowed) in [(cors(), "https://shop.example"), (any_origin(), "*")] {
            let app = Router::new().route("/", get(|| async {})).layer(layer);
            let request =
                Request::get("/").header("origin", "https://evil.example").body(Body::empty()).unwrap();
            let response = app.oneshot(request).await.unwrap();
            assert_eq!(response.headers()["access-control-allow-origin"], allowed);
        }
    }
}
