use std::time::Duration;

use testing::rates::{RateError, Rates};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{bearer_token, method, path},
};

fn rates(server: &MockServer) -> Rates {
    Rates::new(server.uri(), Duration::from_millis(100)).expect("a client")
}

// region: wiremock
#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let server = MockServer::start().await;
    let asked = || Mock::given(method("GET")).and(path("/rates/eur")).and(bearer_token("secret"));
    let busy = asked().respond_with(ResponseTemplate::new(503)).up_to_n_times(1).expect(1);
    busy.mount(&server).await; // the first that matches answers
    let answer = ResponseTemplate::new(200).set_body_raw(r#"{"rate":1.1}"#, "application/json");
    asked().respond_with(answer).expect(1).mount(&server).await;
    assert_eq!(rates(&server).rate("eur").await.expect("the second answer"), 1.1);
} // the server checks the counts when it is dropped
// endregion: wiremock

#[tokio::test]
async fn a_slow_service_is_a_timeout() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    Mock::given(path("/rates/eur")).respond_with(slow).mount(&server).await;
    let error = rates(&server).rate("eur").await.expect_err("too slow");
    assert!(matches!(error, RateError::TooSlow), "{error:?}");
}

#[tokio::test]
async fn an_unknown_path_is_answered_with_404() {
    let server = MockServer::start().await;
    let error = rates(&server).rate("eur").await.expect_err("no mock matches");
    assert!(matches!(error, RateError::Refused(404)), "{error:?}");
}
