//! Errors and responses at the border of a handler.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::bodies::problem;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("no such order")]
    NotFound,
    #[error("database: {0}")]
    Database(String),
}

// region: app-error
impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => problem(StatusCode::NOT_FOUND, "no such order"),
            Self::Database(_) => {
                tracing::error!(error = %self, "request failed");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
            }
        }
    }
}
// endregion: app-error

/// Shows the mistake: the text of the error goes to the client.
pub fn leak(error: AppError) -> Response {
    // region: leak
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
    // endregion: leak
}

// region: response-parts
pub async fn created() -> impl IntoResponse {
    let location = [(header::LOCATION, "/orders/7")];
    (StatusCode::CREATED, location, Json(serde_json::json!({ "id": 7 })))
}
// endregion: response-parts

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::read_body;

    #[tokio::test]
    async fn internals_stay_inside() {
        let failed = || AppError::Database("password authentication failed for user \"app\"".into());
        let body = read_body(failed().into_response().into_body()).await.unwrap();
        assert_eq!(body, r#"{"title":"internal error","status":500}"#);
        let leaked = read_body(leak(failed()).into_body()).await.unwrap();
        assert!(leaked.starts_with(b"database: password"));
        assert_eq!(AppError::NotFound.into_response().status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_tuple_is_status_headers_and_body() {
        let response = created().await.into_response();
        assert_eq!(
            (response.status(), &response.headers()["location"]),
            (StatusCode::CREATED, &"/orders/7".parse().unwrap())
        );
    }
}
