//! What failing tests say. The failing tests are ignored; `every_message` runs each in a process and reads its output.

use std::process::Command;

use testing::price::{Cents, parse_price, parse_price_bad};

fn output_of(name: &str, environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--ignored", "--exact", name]).env_remove("DATABASE_URL").envs(environment.iter().copied());
    let run = command.output().expect("the binary runs");
    let text = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    (run.status.success(), text)
}

#[test]
fn every_message() {
    let said = |name: &str, parts: &[&str]| {
        let (passed, text) = output_of(name, &[("PROPTEST_RNG_SEED", "7"), ("INSTA_UPDATE", "no")]);
        assert!(!passed, "{name} is meant to fail:\n{text}");
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    };
    said("without_a_url", &["DATABASE_URL must be set"]);
    said("paused_on_many_threads", &["`time::pause()` requires the `current_thread` Tokio runtime."]);
    said("unexpected_call", &["charge", "No matching expectation found"]);
    said("missing_call", &["Expectation", "called 0 time(s) which is fewer than expected 1"]);
    said("unasked_server", &["Verifications failed:", "Number of matched incoming requests: 0"]);
    said("floating_point", &["Test failed:", "minimal failing input: cents ="]);
    said("changed_snapshot", &["Snapshot Summary", "snapshot assertion for", "12.50"]);
    said("wrong_reason_is_seen", &["panic did not contain expected string"]);
    said("no_panic", &["test did not panic as expected"]);
    said(
        "without_a_runtime",
        &["there is no reactor running, must be called from the context of a Tokio 1.x runtime"],
    );
    said("two_values", &["assertion `left == right` failed", "left: 2", "right: 3"]);
    said("result_is_ok_hides", &["assertion failed: parse_price"]);
    said("expect_shows", &["a price: TooPrecise { digits: 3 }"]);
    said("returned_error", &["Error: TooPrecise { digits: 3 }"]);
    let (passed, text) = output_of("wrong_reason", &[]);
    assert!(passed, "a bare should_panic takes any panic:\n{text}");
    let (passed, text) = output_of("no_such_test", &[]);
    assert!(passed && text.contains("running 0 tests"), "{text}");
}

#[sqlx::test]
#[ignore = "fails on purpose"]
async fn without_a_url(_pool: sqlx::PgPool) {}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "fails on purpose"]
async fn paused_on_many_threads() {
    tokio::time::pause();
}

mockall::mock! {
    pub Payments {
        fn charge(&self, order: u64) -> bool;
    }
}

#[mockall::automock]
#[async_trait::async_trait]
trait Mailer {
    async fn send(&self, to: &str) -> bool;
}

#[tokio::test]
async fn automock_stands_above_async_trait() {
    let mut mailer = MockMailer::new();
    mailer.expect_send().withf(|to| to == "ada").times(1).returning(|_| true);
    let mailer: Box<dyn Mailer> = Box::new(mailer);
    assert!(mailer.send("ada").await);
}

#[test]
#[ignore = "fails on purpose"]
fn unexpected_call() {
    let mut payments = MockPayments::new();
    payments.expect_charge().with(mockall::predicate::eq(1)).return_const(true);
    payments.charge(2);
}

#[test]
#[ignore = "fails on purpose"]
fn missing_call() {
    let mut payments = MockPayments::new();
    payments.expect_charge().times(1).return_const(true);
}

#[tokio::test]
#[ignore = "fails on purpose"]
async fn unasked_server() {
    let server = wiremock::MockServer::start().await;
    let mock = wiremock::Mock::given(wiremock::matchers::path("/rates/eur"));
    mock.respond_with(wiremock::ResponseTemplate::new(200)).expect(1).mount(&server).await;
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    #[ignore = "fails on purpose"]
    fn floating_point(cents in 0..100_000_u64) {
        proptest::prop_assert_eq!(parse_price_bad(&Cents(cents).to_string()), Some(Cents(cents)));
    }
}

#[test]
#[ignore = "fails on purpose"]
fn changed_snapshot() {
    insta::assert_snapshot!(Cents(1250).to_string(), @"12.5");
}

// region: should-panic
#[test]
#[should_panic] // passes, although the price is never looked at
#[ignore = "run by every_message"]
fn wrong_reason() {
    let prices: Vec<&str> = Vec::new();
    parse_price(prices[0]).expect("a price"); // index out of bounds
}

#[test]
#[should_panic(expected = "a price: Empty")] // fails, and says which panic came
#[ignore = "run by every_message"]
fn wrong_reason_is_seen() {
    let prices: Vec<&str> = Vec::new();
    parse_price(prices[0]).expect("a price");
}
// endregion: should-panic

#[test]
#[should_panic(expected = "a price")]
#[ignore = "fails on purpose"]
fn no_panic() {
    parse_price("7").expect("a price");
}

#[test]
#[ignore = "fails on purpose"]
fn without_a_runtime() {
    drop(tokio::spawn(async {}));
}

#[test]
#[ignore = "fails on purpose"]
fn two_values() {
    assert_eq!(1 + 1, 3);
}

#[test]
#[ignore = "run by every_message"]
fn result_is_ok_hides() {
    assert!(parse_price("1.234").is_ok()); // says only that the assertion failed
}

// region: say-what-failed
#[test]
#[ignore = "run by every_message"]
fn expect_shows() {
    parse_price("1.234").expect("a price"); // a price: TooPrecise { digits: 3 }
}

#[test]
#[ignore = "run by every_message"]
fn returned_error() -> Result<(), testing::price::PriceError> {
    assert_eq!(parse_price("1.234")?, Cents(123)); // Error: TooPrecise { digits: 3 }
    Ok(())
}
// endregion: say-what-failed
