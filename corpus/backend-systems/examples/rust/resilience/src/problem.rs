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

/// What is wrong with one field; `pointer` is a JSON Pointer into the request body.
#[derive(Serialize)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

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
