//! Uses the crate as any other program would.

// region: integration-test
use shop_server::run;

#[test]
fn a_wrong_number_is_named() {
    let error = run(["two".to_owned()].into_iter()).expect_err("no number");
    assert!(error.contains("two"));
}
// endregion: integration-test
