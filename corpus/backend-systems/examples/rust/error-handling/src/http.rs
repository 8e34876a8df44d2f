//! From errors to responses in axum and actix-web.

use std::error::Error;

use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{basics::chain, kinds::SignUpError};

impl SignUpError {
    // region: status
    fn status(&self) -> StatusCode {
        match self {
            Self::Taken => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    // endregion: status

    // region: log-once
    fn log(&self) {
        let error = chain(self); // the cause goes to the log and nowhere else
        match self.status().is_server_error() {
            true => tracing::error!(error, "request failed"),
            false => tracing::info!(error, "request refused"),
        }
    }
    // endregion: log-once

    fn body(&self) -> serde_json::Value {
        json!({"type": "about:blank", "status": self.status().as_u16(), "detail": self.to_string()})
    }
}

// region: into-response
impl IntoResponse for SignUpError {
    fn into_response(self) -> Response {
        self.log();
        let problem = [(CONTENT_TYPE, "application/problem+json")];
        (self.status(), problem, Json(self.body())).into_response()
    }
}
// endregion: into-response

// region: response-error
impl actix_web::ResponseError for SignUpError {
    fn status_code(&self) -> actix_web::http::StatusCode {
        let code = self.status().as_u16();
        actix_web::http::StatusCode::from_u16(code).expect("a status of ours is a valid status")
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        self.log();
        let mut response = actix_web::HttpResponse::build(self.status_code());
        response.content_type("application/problem+json").json(self.body())
    }
}
// endregion: response-error

/// Any error becomes a 500 that says nothing.
pub struct AnyError(anyhow::Error);

// region: any-error
impl<E: Into<anyhow::Error>> From<E> for AnyError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AnyError {
    fn into_response(self) -> Response {
        tracing::error!(error = format!("{:#}", self.0), "request failed");
        (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
    }
}
// endregion: any-error

/// Sends what only we may see.
pub struct Leaky(pub Box<dyn Error + Send + Sync>);

impl IntoResponse for Leaky {
    // region: leak-bad
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response() // SQL, hosts, paths
    }
    // endregion: leak-bad
}
