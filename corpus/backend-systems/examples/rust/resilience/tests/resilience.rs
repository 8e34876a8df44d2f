use std::cell::Cell;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use http_body_util::BodyExt;
use resilience::guard::{Config, Guard, GuardError};
use resilience::kinds::{ChargeError, Kind, Outcome, level_of, pay};
use resilience::limits::{
    Bulkhead, Busy, Deadline, Late, call_downstream, client, guard_for_orders, hedge, honour_timeout,
    is_trouble, send_timeout, shed, suggestions,
};
use resilience::problem::{ItemResult, Problem, batch, internal};
use resilience::retry::{Budget, CallError, delay, fetch, fetch_in_step, retry_after, retrying_client};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

#[test]
fn the_delay_is_spread_over_the_whole_range() {
    let delays: Vec<Duration> =
        (0..1000).map(|_| delay(Duration::from_millis(100), Duration::from_secs(2), 3)).collect();
    assert!(delays.iter().all(|d| *d <= Duration::from_millis(400)));
    assert!(delays.iter().filter(|d| **d < Duration::from_millis(100)).count() > 100);
    assert!(delays.iter().filter(|d| **d > Duration::from_millis(300)).count() > 100);
    assert!(delay(Duration::from_millis(100), Duration::from_secs(2), 60) <= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_retried_and_trouble_is() {
    let calls = Cell::new(0);
    let refused = fetch(|| async {
        calls.set(calls.get() + 1);
        Err::<String, _>(CallError::Rejected)
    })
    .await;
    assert!(matches!(refused, Err(CallError::Rejected)));
    assert_eq!(calls.replace(0), 1);
    let _ = fetch(|| async {
        calls.set(calls.get() + 1);
        Err::<String, _>(CallError::Transient)
    })
    .await;
    assert_eq!(calls.replace(0), 3);
    let _ = fetch_in_step(|| async {
        calls.set(calls.get() + 1);
        Err::<String, _>(CallError::Rejected)
    })
    .await;
    assert_eq!(calls.get(), 3); // the bad one asks again although the answer cannot change
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured() {
    let (calls, started) = (Cell::new(0), Instant::now());
    let body = fetch(|| async {
        calls.set(calls.get() + 1);
        if calls.get() == 1 { Err(CallError::Limited(Duration::from_secs(7))) } else { Ok("ok".to_owned()) }
    })
    .await;
    assert_eq!(body.unwrap(), "ok");
    assert!(started.elapsed() >= Duration::from_secs(7));
}

#[test]
fn retry_after_reads_seconds_and_dates() {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    for (value, want) in [
        ("120", Some(120)),
        ("Mon, 23 Nov 2026 12:00:30 GMT", Some(30)),
        ("soon", None),
        ("-5", None),
        ("999999", Some(3600)),
    ] {
        assert_eq!(retry_after(value, now), want.map(Duration::from_secs), "{value}");
    }
}

#[tokio::test]
async fn a_server_that_fails_once_is_asked_again() {
    // region: misbehaving-server
    let server = MockServer::start().await;
    let down = ResponseTemplate::new(503);
    Mock::given(method("GET")).respond_with(down).up_to_n_times(1).with_priority(1).mount(&server).await;
    let up = ResponseTemplate::new(200).set_delay(Duration::from_millis(20));
    Mock::given(method("GET")).respond_with(up).expect(1).mount(&server).await;
    let response = retrying_client("127.0.0.1").unwrap().get(server.uri()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.received_requests().await.unwrap().len(), 2); // not only that it succeeded
    // endregion: misbehaving-server
}

#[tokio::test]
async fn trouble_is_told_from_refusals() {
    let server = MockServer::start().await;
    for (status, trouble) in [(404, false), (422, false), (500, true), (503, true)] {
        server.reset().await;
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        let error = reqwest::get(server.uri()).await.unwrap().error_for_status().unwrap_err();
        assert_eq!(is_trouble(&error), trouble, "{status}");
    }
    assert!(is_trouble(&client().unwrap().get("http://127.0.0.1:1/").send().await.unwrap_err()));
    assert!(guard_for_orders().run(|| async { Ok::<_, ()>(1) }, |_| true).await.is_ok());
}

#[tokio::test]
async fn a_timed_out_payment_stays_pending() {
    for (charge, want) in [
        (Ok(()), Outcome::Done),
        (Err(ChargeError::Declined), Outcome::Failed),
        (Err(ChargeError::Unknown), Outcome::Pending),
    ] {
        let mut saved = Vec::new();
        let save = async |outcome| {
            saved.push(outcome);
            Ok::<_, ()>(())
        };
        assert_eq!(pay(save, async { charge }).await, Ok(want));
        assert_eq!((saved[0], *saved.last().unwrap()), (Outcome::Pending, want));
    }
}

#[test]
fn kinds_settle_status_retry_and_level() {
    for kind in [Kind::Invalid, Kind::NotFound, Kind::Limited, Kind::Unavailable, Kind::Internal] {
        let (status, retry) = kind.contract();
        assert!(!retry || status == 429 || status == 503);
        assert_eq!(level_of(false, status) == tracing::Level::ERROR, status.is_server_error());
        assert_eq!(level_of(true, status), tracing::Level::DEBUG);
    }
}

#[tokio::test]
async fn a_batch_reports_each_item() {
    let failed = Problem { title: "Exists", status: 409, ..Problem::default() };
    let response = batch(vec![
        ItemResult { id: "a".into(), status: 201, error: None },
        ItemResult { id: "b".into(), status: 409, error: Some(failed) },
    ]);
    assert_eq!(response.status(), 207);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["results"][1]["error"]["status"], 409);
}

#[test]
fn the_budget_allows_one_retry_in_ten_calls() {
    let budget = Budget::default();
    let retries = (0..1000)
        .filter(|_| {
            budget.called();
            budget.may_retry()
        })
        .count();
    assert!((98..=100).contains(&retries), "{retries}");
}

#[tokio::test]
async fn reqwest_retries_from_a_reserve_of_a_hundred_while_everything_fails() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let client = retrying_client("127.0.0.1").unwrap();
    for _ in 0..1000 {
        assert_eq!(client.get(server.uri()).send().await.unwrap().status(), 503);
    }
    let arrived = server.received_requests().await.unwrap().len();
    assert!((1090..=1120).contains(&arrived), "{arrived} requests for 1000 calls");
}

#[tokio::test]
async fn a_reqwest_error_hides_its_cause_from_display() {
    let error = client().unwrap().get("http://127.0.0.1:1/").send().await.unwrap_err();
    assert_eq!(error.to_string(), "error sending request for url (http://127.0.0.1:1/)");
    let mut causes = String::new();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        causes.push_str(&format!("{cause}; "));
        source = cause.source();
    }
    assert!(causes.contains("Connection refused"), "{causes}");
}

#[tokio::test(start_paused = true)]
async fn a_downstream_call_leaves_time_to_answer() {
    let started = Instant::now();
    let late = call_downstream(started + Duration::from_secs(1), std::future::pending::<()>()).await;
    assert_eq!((late, started.elapsed()), (Err(Late), Duration::from_millis(900)));
    let never =
        call_downstream(Instant::now() + Duration::from_millis(50), async { panic!("called too late") })
            .await;
    assert_eq!(never, Err(Late));
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_the_caller_bounds_the_handler() {
    let app = Router::new()
        .route("/", get(|| async { sleep(Duration::from_secs(5)).await }))
        .layer(axum::middleware::from_fn(honour_timeout));
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    let started = Instant::now();
    send_timeout(request.headers_mut(), Deadline(started + Duration::from_secs(2)));
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn shedding_answers_at_once_when_full() {
    let app = shed(Router::new().route("/", get(|| async { sleep(Duration::from_secs(1)).await })), 1);
    let ask = || app.clone().oneshot(Request::get("/").body(Body::empty()).unwrap());
    let (first, second) = tokio::join!(ask(), ask());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_refuses_the_call_beyond_its_slots() {
    let bulkhead = Bulkhead::new(1);
    let (slow, refused) =
        tokio::join!(bulkhead.run(sleep(Duration::from_secs(1))), bulkhead.run(async { 1 }));
    assert!(slow.is_ok());
    assert_eq!(refused, Err(Busy));
    assert_eq!(bulkhead.run(async { 2 }).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn suggestions_degrade_instead_of_failing() {
    let (items, degraded) = suggestions(std::future::pending::<Result<_, ()>>(), &["tea".to_owned()]).await;
    assert!(degraded);
    assert_eq!(items, ["tea"]);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_takes_the_faster_answer() {
    let (calls, started) = (Cell::new(0), Instant::now());
    let value = hedge(Duration::from_millis(50), || async {
        calls.set(calls.get() + 1);
        if calls.get() == 1 {
            sleep(Duration::from_secs(9)).await;
            "slow"
        } else {
            "second"
        }
    })
    .await;
    assert_eq!((value, started.elapsed()), ("second", Duration::from_millis(50)));
}

#[tokio::test]
async fn a_problem_hides_the_cause() {
    let cause = std::io::Error::other("password for db-7 wrong");
    let response = internal("4bf92f", &cause).into_response();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((problem["status"].as_u64(), problem["trace_id"].as_str()), (Some(500), Some("4bf92f")));
    assert!(!String::from_utf8_lossy(&body).contains("db-7"));
}

fn guard() -> Guard {
    Guard::new(Config {
        timeout: Duration::from_secs(1),
        attempts: 3,
        base: Duration::from_millis(1),
        limit: Duration::from_millis(4),
        retry_share: 0.1,
        window: Duration::from_secs(10),
        open_for: Duration::from_secs(5),
    })
}

#[tokio::test(start_paused = true)]
async fn the_guard_opens_probes_once_and_closes() {
    let (guard, calls) = (guard(), Cell::new(0));
    for _ in 0..100 {
        let _ = guard
            .run(
                || async {
                    calls.set(calls.get() + 1);
                    Err::<(), _>("down")
                },
                |_| true,
            )
            .await;
    }
    assert!(calls.get() <= 22, "{} calls", calls.get());
    sleep(Duration::from_secs(6)).await;
    let (probe, other) = tokio::join!(
        guard.run(
            || async {
                sleep(Duration::from_millis(10)).await;
                Ok::<_, &str>(1)
            },
            |_| true
        ),
        guard.run(|| async { Ok::<_, &str>(2) }, |_| true),
    );
    assert!(matches!((probe, other), (Ok(1), Err(GuardError::Open))));
    assert!(guard.run(|| async { Ok::<_, &str>(3) }, |_| true).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn refusals_do_not_open_the_guard() {
    let guard = guard();
    for _ in 0..100 {
        let result = guard.run(|| async { Err::<(), _>("404") }, |_| false).await;
        assert!(matches!(result, Err(GuardError::Call("404"))));
    }
}

#[test]
fn the_storm_prints_what_the_document_shows() {
    let out = Command::new(env!("CARGO_BIN_EXE_storm")).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&out.stdout),
        "three layers, three tries:   200 requests became 5400\n\
         one layer, three tries:      200 requests became 600\n\
         budget of 10 % and breaker:  200 requests became 20\n"
    );
}
