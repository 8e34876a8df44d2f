//! Bodies: limits, validation, rejections, uploads and streams.

use std::{convert::Infallible, path::Path, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{
        DefaultBodyLimit, Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse},
    routing::post,
};
use futures::{Stream, StreamExt};
use garde::Validate;
use http_body_util::LengthLimitError;
use serde::{Deserialize, Serialize};
use tokio::{fs::File, io::AsyncWriteExt};
use tower_http::limit::RequestBodyLimitLayer;

use crate::problem::Valid;

// region: validated
#[derive(Deserialize, Serialize, Validate)]
pub struct NewOrder {
    #[garde(length(min = 1, max = 80))]
    pub customer: String,
    #[garde(range(min = 1, max = 1000))]
    pub quantity: u32,
}
// endregion: validated

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

// region: stream-body
pub async fn count(body: Body) -> Result<String, StatusCode> {
    let mut chunks = body.into_data_stream();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        size += chunk.map_err(refusal)?.len(); // hand the chunk on here
    }
    Ok(size.to_string())
}
fn refusal(error: axum::Error) -> StatusCode {
    let too_long = error.into_inner().is::<LengthLimitError>();
    if too_long { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
}
// endregion: stream-body

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("form: {0}")]
    Form(#[from] MultipartError),
    #[error("disk: {0}")]
    Disk(#[from] std::io::Error),
}

impl IntoResponse for UploadError {
    fn into_response(self) -> Response {
        match self {
            Self::Form(error) => error.into_response(), // 413 or 400, and no text of ours
            Self::Disk(error) => {
                tracing::error!(%error, "upload not stored");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

// region: multipart
async fn save(mut field: Field<'_>, target: &Path) -> Result<u64, UploadError> {
    let mut file = File::create_new(target).await?;
    let mut size = 0;
    while let Some(chunk) = field.chunk().await? {
        file.write_all(&chunk).await?;
        size += chunk.len() as u64;
    }
    file.sync_all().await?;
    Ok(size)
}
// endregion: multipart

pub async fn upload(State(folder): State<&'static Path>, mut form: Multipart) -> Result<String, UploadError> {
    let mut total = 0;
    let mut number = 0;
    while let Some(field) = form.next_field().await? {
        number += 1;
        let target = folder.join(format!("part-{number}")); // our name, never the client's
        match save(field, &target).await {
            Ok(size) => total += size,
            Err(error) => {
                let _ = tokio::fs::remove_file(&target).await; // half a file is of no use
                return Err(error);
            }
        }
    }
    Ok(total.to_string())
}

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
    use crate::problem::{ApiJson, ApiPath};
    use axum::{http::Request, response::Html, routing::get};
    use serde_json::{Value, json};
    use tower::ServiceExt;
    use tower_http::timeout::TimeoutLayer;

    async fn send(router: Router, uri: &str, body: impl Into<Body>) -> Response {
        let request =
            Request::post(uri).header("content-type", "application/json").body(body.into()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    async fn problem_of(response: Response) -> Value {
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        serde_json::from_slice(&read_body(response.into_body()).await.unwrap()).unwrap()
    }

    fn drip(chunks: usize) -> Body {
        let chunk = Bytes::from(vec![b'x'; 1 << 20]);
        Body::from_stream(futures::stream::iter((0..chunks).map(move |_| Ok::<_, Infallible>(chunk.clone()))))
    }

    #[tokio::test]
    async fn refusals_are_problem_documents() {
        let fine = send(router(), "/orders", r#"{"customer":"ada","quantity":1}"#).await;
        assert_eq!(fine.status(), StatusCode::CREATED);
        for (body, status, kind) in [
            ("{", 400, "/problems/invalid-body"),
            (r#"{"customer":"ada","quantity":"one"}"#, 422, "/problems/invalid-body"),
            (r#"{"customer":"ada","quantity":0}"#, 422, "/problems/invalid-values"),
        ] {
            let response = send(router(), "/orders", body).await;
            assert_eq!(response.status().as_u16(), status, "{body}");
            let problem = problem_of(response).await;
            assert_eq!((&problem["type"], &problem["status"]), (&json!(kind), &json!(status)));
        }
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let response = send(router(), "/orders", r#"{"customer":"","quantity":0}"#).await;
        let problem = problem_of(response).await;
        let mut fields: Vec<_> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        fields.sort();
        assert_eq!(fields, ["customer", "quantity"]);
    }

    #[tokio::test]
    async fn a_derived_extractor_replaces_the_rejection() {
        let app = || {
            Router::new()
                .route("/plain", post(|Json(value): Json<u32>| async move { value.to_string() }))
                .route("/json", post(|ApiJson(value): ApiJson<u32>| async move { value.to_string() }))
                .route("/path/{id}", post(|ApiPath(id): ApiPath<u32>| async move { id.to_string() }))
        };
        let plain = send(app(), "/plain", "\"one\"").await;
        assert_eq!(plain.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(plain.headers()["content-type"], "text/plain; charset=utf-8");
        let text = read_body(plain.into_body()).await.unwrap();
        assert!(text.starts_with(b"Failed to deserialize the JSON body into the target type"), "{text:?}");
        let ours = send(app(), "/json", "\"one\"").await;
        assert_eq!(ours.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem_of(ours).await["title"], "The body is not valid.");
        assert_eq!(problem_of(send(app(), "/path/x", "").await).await["status"], 400);
    }

    #[tokio::test]
    async fn with_rejection_does_the_same_for_one_parameter() {
        use axum_extra::extract::WithRejection;
        type OrProblem<T> = WithRejection<Json<T>, crate::problem::Problem>;
        let app = Router::new().route(
            "/",
            post(|WithRejection(Json(value), _): OrProblem<u32>| async move { value.to_string() }),
        );
        assert_eq!(problem_of(send(app, "/", "").await).await["status"], 400);
    }

    #[tokio::test]
    async fn the_default_limit_is_two_megabytes() {
        let over = vec![b'x'; (2 << 20) + 1];
        let plain = || Router::new().route("/import", post(import));
        let refused = send(plain(), "/import", over.clone()).await;
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let text = read_body(refused.into_body()).await.unwrap();
        assert_eq!(text, "Failed to buffer the request body: length limit exceeded");
        assert_eq!(send(plain(), "/import", vec![b'x'; 2 << 20]).await.status(), StatusCode::OK);
        assert_eq!(send(router(), "/import", over.clone()).await.status(), StatusCode::OK);
        assert_eq!(send(unlimited(), "/import", vec![b'x'; 70 << 20]).await.status(), StatusCode::OK);
        assert_eq!(send(router(), "/orders", over).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn an_inner_default_limit_replaces_the_outer_one_and_both_kinds_count() {
        let raised = Router::new()
            .route("/import", post(import).layer(DefaultBodyLimit::max(8 << 20)))
            .layer(DefaultBodyLimit::max(1 << 20));
        assert_eq!(send(raised.clone(), "/import", vec![0; 4 << 20]).await.status(), StatusCode::OK);
        let bounded = raised.layer(RequestBodyLimitLayer::new(2 << 20));
        assert_eq!(send(bounded, "/import", drip(4)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_raw_body_has_no_default_limit() {
        let streaming = || Router::new().route("/count", post(count));
        assert_eq!(send(streaming(), "/count", drip(3)).await.status(), StatusCode::OK);
        let limited = || streaming().layer(RequestBodyLimitLayer::new(1 << 20));
        assert_eq!(send(limited(), "/count", drip(3)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("reset"))]);
        assert_eq!(
            send(limited(), "/count", Body::from_stream(broken)).await.status(),
            StatusCode::BAD_REQUEST
        );
    }

    #[tokio::test]
    async fn to_bytes_stops_at_its_limit() {
        assert!(read_body(Body::from(vec![0; 1 << 20])).await.is_ok());
        assert_eq!(read_body(Body::from(vec![0; (1 << 20) + 1])).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[tokio::test]
    async fn uploads_go_to_disk_in_chunks_and_leave_nothing_when_refused() {
        let folder = std::env::temp_dir().join(format!("uploads-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let shared: &'static Path = Box::leak(folder.clone().into_boxed_path());
        let app = || Router::new().route("/", post(upload)).with_state(shared);
        let post = |content: usize| {
            let head = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"../a\"\r\n\r\n";
            let form = format!("{head}{}\r\n--b--\r\n", "x".repeat(content));
            Request::post("/").header("content-type", "multipart/form-data; boundary=b").body(form).unwrap()
        };
        let refused = app().oneshot(post(3 << 20)).await.unwrap();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        let stored = app().oneshot(post(1 << 20)).await.unwrap();
        assert_eq!(read_body(stored.into_body()).await.unwrap(), "1048576");
        assert_eq!(std::fs::metadata(folder.join("part-1")).unwrap().len(), 1 << 20);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_server_sent_and_outlive_the_timeout_layer() {
        async fn slow() -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
            Sse::new(futures::stream::iter(1..=2).then(|n| async move {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Ok(sse::Event::default().data(n.to_string()))
            }))
        }
        let limit = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(1));
        let app = Router::new().route("/", get(events)).route("/slow", get(slow)).layer(limit);
        for (uri, body) in [("/", "data: 1\n\ndata: 2\n\ndata: 3\n\n"), ("/slow", "data: 1\n\ndata: 2\n\n")] {
            let request = Request::get(uri).body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            assert_eq!(read_body(response.into_body()).await.unwrap(), body);
        }
    }

    #[tokio::test]
    async fn json_refuses_text_after_the_document() {
        let app =
            Router::new().route("/", post(|Json(value): Json<u32>| async move { Html(value.to_string()) }));
        assert_eq!(send(app, "/", "1 2").await.status(), StatusCode::BAD_REQUEST);
    }
}
