//! Error bodies in the form of RFC 9457.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

// region: problem
#[derive(Default, Serialize)]
pub struct Problem {
    pub r#type: &'static str,     // stable, names the kind: clients switch on it
    pub title: &'static str,      // constant for the type
    pub status: u16,              // as in the status line
    pub detail: Option<String>,   // this occurrence, for a person
    pub instance: Option<String>, // names this occurrence
    pub trace_id: Option<String>, // extension: finds the log lines
    pub errors: Vec<FieldError>,  // extension: one entry per invalid field
}
// endregion: problem

// region: field-error
/// What is wrong with one field of the request body.
#[derive(Serialize)]
pub struct FieldError {
    pub pointer: String, // JSON Pointer, such as /lines/0/quantity
    pub detail: String,  // such as "has to be at least 1"
}
// endregion: field-error

// region: write-problem
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        (status, headers, Json(self).into_response().into_body()).into_response()
    }
}
// endregion: write-problem

// region: hide-internals
/// Logs the cause and sends a sentence that says nothing of it; the trace id connects both.
pub fn internal(trace_id: &str, cause: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(trace_id, error = cause, "request failed");
    Problem {
        r#type: "https://errors.example.com/internal",
        title: "Internal error",
        status: 500,
        detail: Some("The request could not be completed. Quote the trace id to support.".into()),
        trace_id: Some(trace_id.into()),
        ..Problem::default()
    }
}
// endregion: hide-internals

/// The outcome of one item of a batch.
#[derive(Serialize)]
pub struct ItemResult {
    pub id: String,
    pub status: u16,
    pub error: Option<Problem>,
}

// region: batch
/// 207 with one status per item; the whole request fails only when nothing of it was read.
pub fn batch(results: Vec<ItemResult>) -> Response {
    let body = Json(serde_json::json!({ "results": results }));
    (StatusCode::MULTI_STATUS, body).into_response()
}
// endregion: batch
