//! Middleware: order, timeouts, limits, ids, panics, CORS.

use std::time::Duration;

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::{Request, State},
    http::{self, HeaderName, HeaderValue, Method, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use tower::{BoxError, ServiceBuilder, limit::GlobalConcurrencyLimitLayer, load_shed::LoadShedLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::CorsLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::Span;

use crate::axum_app::{Sessions, bearer, challenge};

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "done"
}

/// Ends a handler after its time with a status; a report has more of it.
pub fn timed() -> Router {
    // region: timeout-layer
    let end_after =
        |seconds| TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(seconds));
    let orders = Router::new().route("/orders", get(slow)).layer(end_after(5));
    let reports = Router::new().route("/report", get(slow)).layer(end_after(90));
    orders.merge(reports)
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
async fn signed_in(State(sessions): State<Sessions>, request: Request, next: Next) -> Response {
    match bearer(request.headers()).and_then(|token| sessions.user_of(token)) {
        Some(_) => next.run(request).await,
        None => challenge(), // 401
    }
}

pub fn guarded(sessions: Sessions) -> Router {
    Router::new().route("/admin", get(admin)).route_layer(from_fn_with_state(sessions, signed_in))
}
// endregion: from-fn

async fn admin() -> &'static str {
    "in"
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
    use axum::{Extension, body::Body, extract::Path, middleware::from_fn, routing::post};
    use std::{
        collections::HashMap,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };
    use tower::{ServiceExt, limit::ConcurrencyLimitLayer};

    fn get_(uri: &str) -> Request {
        Request::get(uri).body(Body::empty()).unwrap()
    }

    async fn status(app: &Router, request: Request) -> u16 {
        app.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test(start_paused = true)]
    async fn merged_routers_have_times_of_their_own() {
        assert_eq!(status(&timed(), get_("/orders")).await, 504);
        assert_eq!(status(&timed(), get_("/report")).await, 200);
        let outer = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(1));
        assert_eq!(
            status(&timed().layer(outer), get_("/report")).await,
            504,
            "the shorter of two nested wins"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_timeout_drops_the_handler_and_not_its_tasks() {
        static HANDLER: AtomicBool = AtomicBool::new(false);
        static TASK: AtomicBool = AtomicBool::new(false);
        async fn after_a_minute(done: &'static AtomicBool) {
            tokio::time::sleep(Duration::from_secs(60)).await;
            done.store(true, Ordering::SeqCst);
        }
        let handler = || async {
            tokio::spawn(after_a_minute(&TASK));
            after_a_minute(&HANDLER).await;
        };
        let limit = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(10));
        let app = Router::new().route("/", get(handler)).layer(limit);
        assert_eq!(status(&app, get_("/")).await, 504);
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert_eq!((HANDLER.load(Ordering::SeqCst), TASK.load(Ordering::SeqCst)), (false, true));
    }

    #[tokio::test(start_paused = true)]
    async fn one_route_is_limited_and_the_others_stay_free() {
        let app = limited(1);
        let busy = tokio::spawn(app.clone().oneshot(get_("/report")));
        tokio::task::yield_now().await;
        assert_eq!(status(&app, get_("/report")).await, 503);
        assert_eq!(status(&app, get_("/health")).await, 200);
        assert_eq!(busy.await.unwrap().unwrap().status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn a_plain_limit_is_made_anew_and_a_global_one_is_shared() {
        let a_and_b = || Router::new().route("/a", get(slow)).route("/b", get(slow));
        let shed = || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
                .layer(LoadShedLayer::new())
        };
        let plain = || a_and_b().layer(shed().layer(ConcurrencyLimitLayer::new(1)));
        let global = || a_and_b().layer(shed().layer(GlobalConcurrencyLimitLayer::new(1)));
        let cases = [
            ("built for each request", plain(), [200, 200]),
            ("built once for each route", plain().with_state(()), [503, 200]),
            ("one semaphore", global(), [503, 503]),
            ("one semaphore", global().with_state(()), [503, 503]),
        ];
        for (name, app, expected) in cases {
            let busy = tokio::spawn(app.clone().oneshot(get_("/a")));
            tokio::task::yield_now().await;
            assert_eq!([status(&app, get_("/a")).await, status(&app, get_("/b")).await], expected, "{name}");
            busy.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_plain_limit_counts_each_method_of_a_route_apart() {
        for (global, expected) in [(true, 503), (false, 200)] {
            let shed = ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
                .layer(LoadShedLayer::new());
            let methods = get(slow).post(slow);
            let methods = match global {
                true => methods.layer(shed.layer(GlobalConcurrencyLimitLayer::new(1))),
                false => methods.layer(shed.layer(ConcurrencyLimitLayer::new(1))),
            };
            let app = Router::new().route("/", methods).with_state(());
            let busy = tokio::spawn(app.clone().oneshot(get_("/")));
            tokio::task::yield_now().await;
            assert_eq!(status(&app, Request::post("/").body(Body::empty()).unwrap()).await, expected);
            busy.abort();
        }
    }

    #[tokio::test]
    async fn a_served_router_makes_a_plain_limit_for_each_connection() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let handler = || tokio::time::sleep(Duration::from_millis(300));
        let shed = ServiceBuilder::new()
            .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
            .layer(LoadShedLayer::new())
            .layer(ConcurrencyLimitLayer::new(1));
        let app = Router::new().route("/", get(handler)).layer(shed);
        for (app, second) in [(app.clone(), "200"), (app.with_state(()), "503")] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = tokio::spawn(async { axum::serve(listener, app).await });
            let ask = || async move {
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answer.split(' ').nth(1).unwrap().to_owned()
            };
            let mut answers = <[String; 2]>::from(tokio::join!(ask(), ask()));
            answers.sort();
            assert_eq!(answers, ["200", second]);
            server.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_is_made_anew_too() {
        let limit = || {
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
                .layer(tower::buffer::BufferLayer::new(10))
                .layer(tower::limit::RateLimitLayer::new(1, Duration::from_secs(60)))
        };
        let app = || Router::new().route("/", get(|| async {})).layer(limit());
        for (app, seconds) in [(app(), 0), (app().with_state(()), 60)] {
            let start = tokio::time::Instant::now();
            assert_eq!((status(&app, get_("/")).await, status(&app, get_("/")).await), (200, 200));
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_shedding_requests_wait_for_their_turn() {
        let app = Router::new().route("/", get(slow).layer(GlobalConcurrencyLimitLayer::new(1)));
        let start = tokio::time::Instant::now();
        assert_eq!(tokio::join!(status(&app, get_("/")), status(&app, get_("/"))), (200, 200));
        assert_eq!(start.elapsed().as_secs(), 120);
    }

    #[tokio::test]
    async fn a_slot_is_free_before_the_body_is_sent() {
        let app = Router::new()
            .route("/", get(|| async { "x".repeat(100) }).layer(GlobalConcurrencyLimitLayer::new(1)));
        let unread = app.clone().oneshot(get_("/")).await.unwrap();
        assert_eq!(status(&app, get_("/")).await, 200);
        drop(unread);
    }

    #[tokio::test]
    async fn route_layers_do_not_run_for_unknown_paths() {
        let known = Sessions(Arc::new(HashMap::from([("t1".to_owned(), "ada".to_owned())])));
        let app = guarded(known.clone());
        let signed = Request::get("/admin").header("authorization", "Bearer t1").body(Body::empty()).unwrap();
        assert_eq!(status(&app, signed).await, 200);
        assert_eq!(status(&app, get_("/admin")).await, 401);
        assert_eq!(status(&app, get_("/nothing")).await, 404);
        let other_method = Request::post("/admin").body(Body::empty()).unwrap();
        assert_eq!(status(&app, other_method).await, 401, "a known path with another method is a match");
        let layered = Router::new().route("/admin", get(admin)).layer(from_fn_with_state(known, signed_in));
        assert_eq!(status(&layered, get_("/nothing")).await, 401);
        let later = layered.route("/later", get(admin));
        assert_eq!(status(&later, get_("/later")).await, 200, "a route added after the layer is outside it");
    }

    #[tokio::test]
    async fn the_last_layer_added_runs_first_and_a_builder_is_the_reverse() {
        async fn mark(request: Request, next: Next, name: &'static str) -> Response {
            let mut response = next.run(request).await;
            response.headers_mut().append("x-order", HeaderValue::from_static(name));
            response
        }
        let route = || Router::new().route("/", get(|| async {}));
        let chained = route()
            .layer(from_fn(|request, next| mark(request, next, "first")))
            .layer(from_fn(|request, next| mark(request, next, "second")));
        let built = route().layer(
            ServiceBuilder::new()
                .layer(from_fn(|request, next| mark(request, next, "first")))
                .layer(from_fn(|request, next| mark(request, next, "second"))),
        );
        for (app, order) in [(chained, ["first", "second"]), (built, ["second", "first"])] {
            let response = app.oneshot(get_("/")).await.unwrap();
            let seen: Vec<_> = response.headers().get_all("x-order").iter().collect();
            assert_eq!(seen, order, "the innermost marks the response first");
        }
    }

    #[tokio::test]
    async fn a_panic_is_500_and_the_id_comes_back() {
        async fn broken() -> &'static str {
            panic!("boom")
        }
        let app = service(Router::new().route("/broken", get(broken)));
        let response = app.clone().oneshot(get_("/broken")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key("x-request-id"));
        let named = Request::get("/broken").header("x-request-id", "abc").body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(named).await.unwrap().headers()["x-request-id"], "abc");
    }

    #[tokio::test]
    async fn without_the_layer_a_panic_closes_the_connection() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        async fn broken() -> &'static str {
            panic!("boom")
        }
        let app = Router::new().route("/", get(broken));
        for (app, first) in
            [(app.clone(), ""), (app.layer(CatchPanicLayer::new()), "HTTP/1.1 500 Internal Server Error")]
        {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let server = tokio::spawn(async { axum::serve(listener, app).await });
            stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.lines().next().unwrap_or(""), first);
            server.abort();
        }
    }

    #[tokio::test]
    async fn the_span_names_the_request_id() {
        use std::{fmt::Debug, sync::Mutex};
        use tracing::field::{Field, Visit};
        #[derive(Default, Clone)]
        struct Seen(Arc<Mutex<Vec<String>>>);
        impl Visit for Seen {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.lock().unwrap().push(format!("{field}={value:?}"));
            }
        }
        impl tracing::Subscriber for Seen {
            fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
                true
            }
            fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
                span.record(&mut self.clone());
                tracing::span::Id::from_u64(1)
            }
            fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
            fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
            fn event(&self, _: &tracing::Event<'_>) {}
            fn enter(&self, _: &tracing::span::Id) {}
            fn exit(&self, _: &tracing::span::Id) {}
        }
        let seen = Seen::default();
        let _guard = tracing::subscriber::set_default(seen.clone());
        let app = service(Router::new().route("/", get(|| async {})));
        let named = Request::get("/").header("x-request-id", "abc").body(Body::empty()).unwrap();
        assert_eq!(status(&app, named).await, 200);
        assert!(seen.0.lock().unwrap().iter().any(|field| field == "id=\"abc\""), "{seen:?}", seen = seen.0);
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

    #[tokio::test]
    async fn cors_answers_the_preflight_before_authentication() {
        let preflight = || {
            Request::options("/admin")
                .header("origin", "https://shop.example")
                .header("access-control-request-method", "GET")
                .body(Body::empty())
                .unwrap()
        };
        assert_eq!(status(&guarded(Sessions::default()).layer(cors()), preflight()).await, 200);
        assert_eq!(status(&guarded(Sessions::default()), preflight()).await, 401);
    }

    #[tokio::test]
    async fn what_a_route_forgets_shows_as_500() {
        let app = Router::new()
            .route("/state", get(|_: Extension<u64>| async {}))
            .route("/{a}/{b}", get(|_: Path<u64>| async {}))
            .route("/body", post(|| async {}));
        let missing = app.clone().oneshot(get_("/state")).await.unwrap();
        assert_eq!(missing.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = axum::body::to_bytes(missing.into_body(), 1000).await.unwrap();
        assert!(text.starts_with(b"Missing request extension"), "{text:?}");
        let count = app.oneshot(get_("/1/2")).await.unwrap();
        assert_eq!(count.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = axum::body::to_bytes(count.into_body(), 1000).await.unwrap();
        assert!(
            text.starts_with(b"Wrong number of path arguments for `Path`. Expected 1 but got 2"),
            "{text:?}"
        );
    }
}
