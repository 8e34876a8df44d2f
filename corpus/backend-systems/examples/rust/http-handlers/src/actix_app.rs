//! The same service on actix-web 4.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use actix_web::{
    App, Error, HttpResponse, HttpServer, ResponseError,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    error,
    http::StatusCode,
    middleware::{Next, from_fn},
    web,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::{sync::Semaphore, time::timeout};

#[derive(Deserialize, Serialize)]
pub struct NewOrder {
    pub customer: String,
}

#[derive(Default)]
pub struct Counter(AtomicU64);

// region: actix-handler
pub async fn create(orders: web::Data<Counter>, order: web::Json<NewOrder>) -> HttpResponse {
    let id = orders.0.fetch_add(1, Ordering::Relaxed) + 1;
    HttpResponse::Created().insert_header(("location", format!("/orders/{id}"))).json(order.into_inner())
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/orders", web::post().to(create)).route("/orders/{id}", web::get().to(show));
}
// endregion: actix-handler

// region: actix-json-config
pub fn json_config() -> web::JsonConfig {
    web::JsonConfig::default().limit(64 << 10).error_handler(|error, _| {
        let body = serde_json::json!({ "type": "/problems/invalid-body", "title": "The body is not valid." });
        let mut response = HttpResponse::build(error.status_code());
        let response = response.content_type("application/problem+json").json(body);
        error::InternalError::from_response(error, response).into()
    })
}
// endregion: actix-json-config

#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error("no such order")]
    NotFound,
    #[error("database: {0}")]
    Database(String),
}

// region: actix-error
impl ResponseError for ShopError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    fn error_response(&self) -> HttpResponse {
        let status = self.status_code(); // the default would send the Display text
        HttpResponse::build(status).json(serde_json::json!({ "title": status.canonical_reason() }))
    }
}
// endregion: actix-error

pub async fn show(id: web::Path<u64>) -> Result<HttpResponse, ShopError> {
    match *id {
        0 => Err(ShopError::NotFound),
        13 => Err(ShopError::Database("password authentication failed".into())),
        id => Ok(HttpResponse::Ok().json(id)),
    }
}

// region: actix-shared-state
pub fn serve(listener: std::net::TcpListener) -> std::io::Result<Server> {
    let orders = web::Data::new(Counter::default()); // once, not inside the factory
    let server = HttpServer::new(move || {
        App::new().app_data(orders.clone()).app_data(json_config()).configure(routes)
    });
    Ok(server.workers(2).listen(listener)?.run())
}
// endregion: actix-shared-state

/// Shows the mistake: each worker gets a counter of its own.
pub fn serve_apart(listener: std::net::TcpListener) -> std::io::Result<Server> {
    // region: actix-state-in-factory
    let server = HttpServer::new(|| {
        let orders = web::Data::new(Counter::default()); // once for each worker
        App::new().app_data(orders).configure(routes)
    });
    // endregion: actix-state-in-factory
    Ok(server.workers(2).listen(listener)?.run())
}

// region: actix-middleware
pub async fn time_limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let handled = timeout(Duration::from_secs(10), next.call(request)).await;
    handled.map_err(|_| error::ErrorGatewayTimeout("The report took too long."))?
}

pub fn reports(config: &mut web::ServiceConfig) {
    config.service(web::resource("/report").wrap(from_fn(time_limit)).to(report));
}
// endregion: actix-middleware

// region: actix-route-limit
pub async fn take_slot(
    slots: web::Data<Semaphore>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let _slot = slots.try_acquire().map_err(|_| error::ErrorServiceUnavailable("busy"))?;
    next.call(request).await
}
// endregion: actix-route-limit

async fn report() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "done"
}

// region: actix-stream
pub async fn import(mut body: web::Payload) -> Result<String, Error> {
    let mut size = 0;
    while let Some(chunk) = body.next().await {
        size += chunk?.len(); // hand the chunk on here
        if size > 64 << 20 {
            return Err(error::ErrorPayloadTooLarge("more than 64 MiB"));
        }
    }
    Ok(size.to_string())
}
// endregion: actix-stream

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service, try_call_service};
    use std::io::{Read, Write};

    fn post(uri: &str, body: impl Into<web::Bytes>) -> TestRequest {
        TestRequest::post().uri(uri).insert_header(("content-type", "application/json")).set_payload(body)
    }

    // region: actix-test
    #[actix_web::test]
    async fn an_order_is_created() {
        let state = web::Data::new(Counter::default());
        let app = init_service(App::new().app_data(state).configure(routes)).await;
        let order = TestRequest::post().uri("/orders").set_json(NewOrder { customer: "ada".into() });
        let response = call_service(&app, order.to_request()).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers().get("location").unwrap(), "/orders/1");
    }
    // endregion: actix-test

    #[actix_web::test]
    async fn bodies_are_bounded_and_refusals_are_problems() {
        let orders = web::Data::new(Counter::default());
        let app = init_service(App::new().app_data(orders).app_data(json_config()).configure(routes)).await;
        for (body, status) in [
            ("{".to_owned(), 400),
            (r#"{"customer":1}"#.to_owned(), 400),
            (format!(r#"{{"customer":"{}"}}"#, "x".repeat(70 << 10)), 413),
        ] {
            let response = call_service(&app, post("/orders", body).to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
        }
        let untyped = TestRequest::post().uri("/orders").set_payload(r#"{"customer":"ada"}"#);
        assert_eq!(call_service(&app, untyped.to_request()).await.status(), 400);
    }

    #[actix_web::test]
    async fn default_limits_and_statuses_differ_by_extractor() {
        let app = init_service(
            App::new()
                .route("/json", web::post().to(|_: web::Json<String>| async { "" }))
                .route("/bytes", web::post().to(|_: web::Bytes| async { "" }))
                .route("/stream", web::post().to(import))
                .route("/query", web::post().to(|_: web::Query<NewOrder>| async { "" })),
        )
        .await;
        let json = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
        for (uri, body, status) in [
            ("/json", json(2 << 20), 200),
            ("/json", json((2 << 20) + 1), 413),
            ("/bytes", "x".repeat(256 << 10), 200),
            ("/bytes", "x".repeat((256 << 10) + 1), 413),
            ("/stream", "x".repeat(3 << 20), 200),
            ("/stream", "x".repeat((64 << 20) + 1), 413),
            ("/query", String::new(), 400),
        ] {
            let response = call_service(&app, post(uri, body).to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{uri}");
        }
    }

    #[actix_web::test]
    async fn errors_carry_their_status_and_no_internals() {
        let app = init_service(App::new().configure(routes)).await;
        for (uri, status) in [("/orders/0", 404), ("/orders/x", 404), ("/orders/7", 200), ("/orders/13", 500)]
        {
            let response = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{uri}");
        }
        let body = call_and_read_body(&app, TestRequest::get().uri("/orders/13").to_request()).await;
        assert_eq!(body, r#"{"title":"Internal Server Error"}"#);
    }

    #[actix_web::test]
    async fn another_method_is_404_on_a_route_and_405_on_a_resource() {
        let resource = web::resource("/resource").route(web::get().to(|| async { "" }));
        let app = App::new().route("/route", web::get().to(|| async { "" })).service(resource);
        let app = init_service(app).await;
        for (uri, expected) in [("/route", 404), ("/resource", 405)] {
            let response = call_service(&app, TestRequest::delete().uri(uri).to_request()).await;
            assert_eq!(response.status().as_u16(), expected, "{uri}");
        }
    }

    #[actix_web::test]
    async fn missing_data_is_an_internal_error() {
        let app = init_service(App::new().configure(routes)).await;
        let request = post("/orders", r#"{"customer":"ada"}"#).to_request();
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), 500);
        let body = actix_web::test::read_body(response).await;
        assert!(body.starts_with(b"Requested application data is not configured correctly"), "{body:?}");
    }

    #[actix_web::test]
    async fn a_slow_route_is_ended() {
        tokio::time::pause();
        let app = init_service(App::new().configure(reports)).await;
        let error = try_call_service(&app, TestRequest::get().uri("/report").to_request()).await;
        assert_eq!(error.err().unwrap().as_response_error().status_code(), 504);
    }

    #[actix_web::test]
    async fn one_route_is_limited() {
        tokio::time::pause();
        let slots = web::Data::new(Semaphore::new(1));
        let limited = web::resource("/report").wrap(from_fn(take_slot)).to(report);
        let app = init_service(App::new().app_data(slots).service(limited).configure(routes)).await;
        let request = || TestRequest::get().uri("/report").to_request();
        let (first, second) = tokio::join!(call_service(&app, request()), try_call_service(&app, request()));
        assert_eq!(first.status(), 200);
        assert_eq!(second.err().unwrap().as_response_error().status_code(), 503);
        assert_eq!(call_service(&app, TestRequest::get().uri("/orders/7").to_request()).await.status(), 200);
    }

    #[actix_web::test]
    async fn the_last_wrap_runs_first() {
        async fn mark(
            name: &'static str,
            request: ServiceRequest,
            next: Next<impl MessageBody>,
        ) -> Result<ServiceResponse<impl MessageBody>, Error> {
            let mut response = next.call(request).await?;
            response.headers_mut().append("x-order".parse().unwrap(), name.parse().unwrap());
            Ok(response)
        }
        let app = init_service(
            App::new()
                .route("/", web::get().to(|| async { "" }))
                .wrap(from_fn(|request, next| mark("first added", request, next)))
                .wrap(from_fn(|request, next| mark("last added", request, next))),
        )
        .await;
        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        let order: Vec<_> = response.headers().get_all("x-order").collect();
        assert_eq!(order, ["first added", "last added"]);
    }

    /// One request on a connection of its own; gives the location of the new order.
    fn order_over(address: std::net::SocketAddr) -> String {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let body = r#"{"customer":"ada"}"#;
        let head = "POST /orders HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        location.to_owned()
    }

    #[actix_web::test]
    async fn state_of_the_factory_is_one_for_each_worker() {
        for (start, shared) in [(serve as fn(_) -> _, true), (serve_apart, false)] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server: Server = start(listener).unwrap();
            let handle = server.handle();
            let running = actix_web::rt::spawn(server);
            let ask = move || (0..8).map(|_| order_over(address)).max().unwrap();
            let seen = tokio::task::spawn_blocking(ask).await.unwrap();
            assert_eq!(seen == "/orders/8", shared, "{seen}");
            handle.stop(false).await;
            running.await.unwrap().unwrap();
        }
    }
}
