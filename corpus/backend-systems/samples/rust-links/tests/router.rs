use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use links::router::{App, router};
use sqlx::PgPool;
use tokio::sync::mpsc;
use tower::ServiceExt;

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let pool = PgPool::connect_lazy("postgres://nobody@localhost/none").unwrap();
    let (clicks, _received) = mpsc::unbounded_channel();
    let request = Request::post("/links").body(Body::from("{")).unwrap();
    let response = router(App { pool, clicks }).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
