//! What the integration tests of the API share.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header::CONTENT_TYPE},
};
use serde::{Serialize, de::DeserializeOwned};
use testing::api::{Orders, router};
use tower::ServiceExt;

/// The application as main builds it, with state of its own for each test.
pub struct TestApp {
    router: Router,
}

/// An answer that was read completely, so that a failed assertion can show it.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: String,
}

impl TestApp {
    pub fn new() -> Self {
        Self { router: router(Orders::default()) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(body).expect("a test's body can be serialised");
        self.send(Method::POST, path, body.into()).await
    }

    /// For bodies that are broken on purpose.
    pub async fn post_raw(&self, path: &str, body: &'static str) -> Answer {
        self.send(Method::POST, path, body.into()).await
    }

    async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        let request = request.body(body).expect("a valid request");
        let response = self.router.clone().oneshot(request).await.expect("a router is infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body below 1 MiB");
        Answer { status, body: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

impl Answer {
    /// Checks the status first, and shows the body when it differs.
    #[track_caller]
    pub fn expect<T: DeserializeOwned>(&self, status: StatusCode) -> T {
        assert_eq!(self.status, status, "body: {}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }
}
