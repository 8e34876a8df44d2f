use axum::http::StatusCode;
use testing::api::Order;

use crate::support::TestApp;

fn cup() -> Order {
    Order { sku: "cup".into(), cents: 450 }
}

// region: router-test
#[tokio::test]
async fn a_created_order_can_be_read() {
    let app = TestApp::new();
    let id: usize = app.post("/orders", &cup()).await.expect(StatusCode::CREATED);
    let order: Order = app.get(&format!("/orders/{id}")).await.expect(StatusCode::OK);
    assert_eq!(order, cup());
}
// endregion: router-test

#[tokio::test]
async fn tests_do_not_see_each_others_orders() {
    assert_eq!(TestApp::new().get("/orders/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_broken_body_is_refused() {
    let answer = TestApp::new().post_raw("/orders", "{").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
}

// region: real-server
#[tokio::test]
async fn the_server_answers_over_a_socket() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?; // a free port
    let url = format!("http://{}/orders/1", listener.local_addr()?);
    let app = testing::api::router(Default::default());
    tokio::spawn(async move { axum::serve(listener, app).await }); // ends with the test's runtime
    assert_eq!(reqwest::get(url).await?.status(), 404);
    Ok(())
}
// endregion: real-server
