//! Errors and responses at the border of a handler.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

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
        let (status, kind, title) = match &self {
            Self::NotFound => (StatusCode::NOT_FOUND, "/problems/no-order", "There is no such order."),
            Self::Database(_) => {
                tracing::error!(error = %self, "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "/problems/internal", "The service failed.")
            }
        };
        Problem::new(status, kind, title).into_response()
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
        let response = failed().into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = read_body(response.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("password"), "{body:?}");
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
