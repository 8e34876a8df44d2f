//! One error format (RFC 9457) for the extractors, handlers and fallbacks of an axum service.

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Path, Request, rejection::JsonRejection, rejection::PathRejection,
    },
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Serialize, Serializer, de::DeserializeOwned};

#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(serialize_with = "as_number")]
    pub status: StatusCode,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

#[derive(Debug, Serialize)]
pub struct FieldError {
    pub field: String,
    pub detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self { status, kind, title, detail: None, errors: Vec::new() }
    }
}

fn as_number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, [(CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

// region: custom-rejection
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct ApiJson<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let problem = Problem::new(rejection.status(), "/problems/invalid-body", "The body is not valid.");
        Problem { detail: Some(rejection.body_text()), ..problem }
    }
}
// endregion: custom-rejection

#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(Problem))]
pub struct ApiPath<T>(pub T);

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Problem::new(rejection.status(), "/problems/invalid-path", "The path is not valid.")
    }
}

/// Decodes JSON and checks it, so that a handler never sees an unchecked value.
pub struct Valid<T>(pub T);

// region: valid-json
impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for Valid<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let ApiJson(value) = ApiJson::<T>::from_request(request, state).await?;
        value.validate()?;
        Ok(Self(value))
    }
}
// endregion: valid-json

impl From<garde::Report> for Problem {
    fn from(report: garde::Report) -> Self {
        let (status, kind) = (StatusCode::UNPROCESSABLE_ENTITY, "/problems/invalid-values");
        let error = |(path, error): &(garde::Path, garde::Error)| FieldError {
            field: path.to_string(),
            detail: error.message().to_owned(),
        };
        let errors = report.iter().map(error).collect();
        Problem { errors, ..Problem::new(status, kind, "Some values are not valid.") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_is_a_problem_document() {
        #[derive(serde::Deserialize, Validate)]
        struct Page {
            #[garde(range(max = 100))]
            limit: u32,
        }
        let request =
            Request::post("/").header(CONTENT_TYPE, "application/json").body(r#"{"limit":500}"#.into());
        let refused = Valid::<Page>::from_request(request.unwrap(), &()).await.err().unwrap();
        assert_eq!(refused.errors[0].field, "limit");
        let response = refused.into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}
