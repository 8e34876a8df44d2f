//! The library that main starts, seen from outside the crate.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use tower::ServiceExt;

// region: library-test
#[tokio::test]
async fn an_order_is_served() {
    let request = Request::get("/orders/7").body(Body::empty()).expect("a valid request");
    let response = project_structure::app().oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
}
// endregion: library-test

#[tokio::test]
async fn what_is_not_there_is_404_and_the_body_is_the_view() {
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a valid request");
    let response = project_structure::app().oneshot(get("/orders/8")).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let response = project_structure::app().oneshot(get("/orders/7")).await.expect("infallible");
    let body = to_bytes(response.into_body(), 1024).await.expect("a short body");
    assert_eq!(body, r#"{"id":7,"cents":1250}"#);
}

#[test]
fn the_constructor_keeps_the_rule() {
    assert_eq!(project_structure::orders::Order::new(1, 0), None);
}

#[tokio::test]
async fn a_store_that_fails_is_500_without_its_reason() {
    use project_structure::{StoreError, orders};
    #[derive(Clone)]
    struct Broken;
    impl orders::Orders for Broken {
        async fn find(&self, _: u64) -> Result<Option<orders::Order>, StoreError> {
            Err(StoreError::new("password authentication failed"))
        }
    }
    let request = Request::get("/orders/7").body(Body::empty()).expect("a valid request");
    let response = orders::routes(Broken).oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(to_bytes(response.into_body(), 1024).await.expect("a short body").is_empty());
}

#[test]
fn a_type_that_may_grow_is_made_from_its_default() {
    let mut limits = project_structure::growth::Limits::default();
    limits.page_size = 10;
    assert_eq!((limits.page_size, limits.max_items), (10, 1000));
}
