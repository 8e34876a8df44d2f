//! Without a server.

use message_queues::envelope::{ClosedStatus, Envelope, OpenStatus, OrderPlaced, decode_order_placed};
use message_queues::perkey::handle_batch;
use message_queues::{HandleError, saga};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test(start_paused = true)]
async fn the_order_inside_a_key_is_kept() {
    let batch: Vec<_> = (0..60).map(|n| (format!("k{}", n % 6), n)).collect();
    let seen: Mutex<HashMap<i32, Vec<i32>>> = Mutex::default();
    let start = tokio::time::Instant::now();
    let done = handle_batch(batch, 3, |n: i32| {
        let seen = &seen;
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            seen.lock().unwrap().entry(n % 6).or_default().push(n);
            Ok::<_, HandleError>(())
        }
    });
    done.await.unwrap();
    assert_eq!(start.elapsed().as_millis() / 10 * 10, 200, "60 messages of 10 ms, three keys at a time");
    assert!(seen.lock().unwrap().values().all(|offsets| offsets.is_sorted() && offsets.len() == 10));
}

#[test]
fn old_versions_are_lifted_and_unknown_ones_are_refused() {
    let envelope = |version, data| Envelope { id: Uuid::nil(), version, data };
    let order = OrderPlaced { order_id: "o-1".into(), cents: 500 };
    let first = envelope(1, json!({"order_id": "o-1", "euros": 5}));
    assert_eq!(decode_order_placed(first).unwrap(), order);
    let second = envelope(2, json!({"order_id": "o-1", "cents": 500, "added_later": true}));
    assert_eq!(decode_order_placed(second).unwrap(), order);
    assert!(matches!(decode_order_placed(envelope(3, json!({}))), Err(HandleError::Permanent(_))));
}

#[test]
fn a_new_variant_breaks_a_closed_enum() {
    let error = serde_json::from_value::<ClosedStatus>(json!("refunded")).unwrap_err();
    assert_eq!(error.to_string(), "unknown variant `refunded`, expected `paid` or `shipped`");
    assert_eq!(serde_json::from_value::<OpenStatus>(json!("refunded")).unwrap(), OpenStatus::Unknown);
}

#[test]
fn a_saga_ends_in_one_of_two_states() {
    let last = |replies: &[&str]| {
        replies
            .iter()
            .fold("reserving", |state, reply| saga::next(state, reply).map_or(state, |(next, _)| next))
    };
    assert_eq!(last(&["stock.reserved", "stock.reserved", "payment.charged"]), "confirmed");
    assert_eq!(
        last(&["stock.reserved", "payment.declined", "stock.released", "stock.released"]),
        "cancelled"
    );
    assert_eq!(saga::next("confirmed", "payment.declined"), None);
}
