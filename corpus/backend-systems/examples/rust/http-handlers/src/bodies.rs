//! Bodies: limits, validation, rejections, uploads and streams.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse},
    routing::post,
};
use futures::{Stream, StreamExt};
use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tower_http::limit::RequestBodyLimitLayer;

// region: validated
#[derive(Deserialize, Serialize, Validate)]
pub struct NewOrder {
    #[garde(length(min = 1, max = 80))]
    pub customer: String,
    #[garde(range(min = 1, max = 1000))]
    pub quantity: u32,
}
// endregion: validated

// region: problem
#[derive(Serialize)]
pub struct Problem {
    pub title: &'static str,
    pub status: u16,
}

pub fn problem(status: StatusCode, title: &'static str) -> Response {
    let body = Problem { title, status: status.as_u16() };
    let kind = [("content-type", "application/problem+json")];
    (status, kind, Json(body)).into_response()
}
// endregion: problem

/// Decodes JSON and checks it; every refusal is a problem document.
pub struct Valid<T>(pub T);

// region: valid-json
impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for Valid<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let decoded = Json::<T>::from_request(request, state).await;
        let Json(value) =
            decoded.map_err(|error: JsonRejection| problem(error.status(), "body is not valid"))?;
        value.validate().map_err(|_| problem(StatusCode::UNPROCESSABLE_ENTITY, "values out of range"))?;
        Ok(Valid(value))
    }
}
// endregion: valid-json

async fn create(Valid(order): Valid<NewOrder>) -> (StatusCode, Json<NewOrder>) {
    (StatusCode::CREATED, Json(order))
}

/// One route with a limit of its own below a limit for everything.
pub fn router() -> Router {
    // region: body-limits
    Router::new()
        .route("/orders", post(create))
        .route("/import", post(import).layer(DefaultBodyLimit::max(64 << 20)))
        .layer(RequestBodyLimitLayer::new(64 << 20))
    // endregion: body-limits
}

async fn import(body: Bytes) -> String {
    body.len().to_string()
}

/// Shows the mistake: no limit at all.
pub fn unlimited() -> Router {
    // region: limit-disabled
    Router::new().route("/import", post(import)).layer(DefaultBodyLimit::disable())
    // endregion: limit-disabled
}

/// Counts a raw body as it arrives.
pub fn streaming() -> Router {
    // region: stream-body
    async fn count(body: Body) -> Result<String, StatusCode> {
        let mut size = 0;
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            size += chunk.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.len();
        }
        Ok(size.to_string())
    }
    // endregion: stream-body
    Router::new().route("/count", post(count))
}

// region: multipart
pub async fn upload(mut form: Multipart) -> Result<String, StatusCode> {
    let mut received = 0;
    while let Some(mut field) = form.next_field().await.map_err(|error| error.status())? {
        while let Some(chunk) = field.chunk().await.map_err(|error| error.status())? {
            received += chunk.len(); // write the chunk to its target here
        }
    }
    Ok(received.to_string())
}
// endregion: multipart

// region: sse
pub async fn events() -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let numbers = futures::stream::iter(1..=3);
    let events = numbers.map(|n| Ok(sse::Event::default().data(n.to_string())));
    Sse::new(events).keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15)))
}
// endregion: sse

// region: read-body
pub async fn read_body(body: Body) -> Result<Bytes, StatusCode> {
    to_bytes(body, 1 << 20).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)
}
// endregion: read-body

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    async fn send(router: Router, uri: &str, body: impl Into<Body>) -> Response {
        let request =
            Request::post(uri).header("content-type", "application/json").body(body.into()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn refusals_are_problem_documents() {
        for (body, status) in [
            (r#"{"customer":"ada","quantity":1}"#, StatusCode::CREATED),
            (r#"{"customer":"","quantity":1}"#, StatusCode::UNPROCESSABLE_ENTITY),
            (r#"{"customer":"ada","quantity":0}"#, StatusCode::UNPROCESSABLE_ENTITY),
            ("{", StatusCode::BAD_REQUEST),
        ] {
            let response = send(router(), "/orders", body).await;
            assert_eq!(response.status(), status, "{body}");
            if status != StatusCode::CREATED {
                assert_eq!(response.headers()["content-type"], "application/problem+json");
            }
        }
    }

    #[tokio::test]
    async fn the_default_limit_is_two_megabytes() {
        let over = vec![b'x'; (2 << 20) + 1];
        let plain = || Router::new().route("/import", post(import));
        assert_eq!(send(plain(), "/import", over.clone()).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(send(plain(), "/import", vec![b'x'; 2 << 20]).await.status(), StatusCode::OK);
        assert_eq!(send(router(), "/import", over.clone()).await.status(), StatusCode::OK);
        assert_eq!(send(unlimited(), "/import", vec![b'x'; 70 << 20]).await.status(), StatusCode::OK);
        assert_eq!(send(router(), "/orders", over).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_raw_body_has_no_default_limit() {
        let response = send(streaming(), "/count", vec![b'x'; 3 << 20]).await;
        assert_eq!(response.status(), StatusCode::OK);
        let limited = streaming().layer(RequestBodyLimitLayer::new(1 << 20));
        let stream = Body::from_stream(futures::stream::iter(
            (0..3).map(|_| Ok::<_, Infallible>(Bytes::from(vec![0; 1 << 20]))),
        ));
        assert_eq!(send(limited, "/count", stream).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn to_bytes_stops_at_its_limit() {
        assert!(read_body(Body::from(vec![0; 1 << 20])).await.is_ok());
        assert_eq!(read_body(Body::from(vec![0; (1 << 20) + 1])).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[tokio::test]
    async fn uploads_are_read_in_chunks() {
        let form =
            "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nhello\r\n--b--\r\n";
        let request = Request::post("/")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(form))
            .unwrap();
        let response = Router::new().route("/", post(upload)).oneshot(request).await.unwrap();
        assert_eq!(read_body(response.into_body()).await.unwrap(), "5");
    }

    #[tokio::test]
    async fn events_are_server_sent() {
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = Router::new().route("/", get(events)).oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(read_body(response.into_body()).await.unwrap(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    }
}
