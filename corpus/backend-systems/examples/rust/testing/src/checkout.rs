//! A service with two ports, tested with a fake, a mock and a paused clock.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use serde::Serialize;

// region: port
#[cfg_attr(test, mockall::automock)]
pub trait Payments: Send + Sync {
    fn charge(&self, order: u64, cents: u64) -> impl Future<Output = Result<String, PaymentError>> + Send;
}
// endregion: port

#[derive(Clone, Debug, PartialEq)]
pub enum PaymentError {
    Declined,
    Unreachable,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct Receipt {
    pub order: u64,
    pub total: String,
    pub payment: String,
    pub paid_at: u64,
}

pub struct Checkout<P, C> {
    pub payments: P,
    /// Seconds since 1970; a test gives a closure with a fixed answer.
    pub now: C,
}

impl<P: Payments, C: Fn() -> u64> Checkout<P, C> {
    /// Tries an unreachable payment service three times, with a pause of a minute between.
    pub async fn pay(&self, order: u64, cents: u64) -> Result<Receipt, PaymentError> {
        let mut tries = 1;
        loop {
            match self.payments.charge(order, cents).await {
                Ok(payment) => {
                    let total = crate::price::Cents(cents).to_string();
                    return Ok(Receipt { order, total, payment, paid_at: (self.now)() });
                }
                Err(PaymentError::Unreachable) if tries < 3 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A fake that other crates may use too: `testing::checkout::FakePayments`.
// region: fake-state
#[derive(Default)]
pub struct FakePayments {
    pub charged: Mutex<Vec<(u64, u64)>>,
    pub failures: AtomicU32, // how many calls fail before one succeeds
}
// endregion: fake-state

// region: fake
impl Payments for FakePayments {
    async fn charge(&self, order: u64, cents: u64) -> Result<String, PaymentError> {
        if self.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(PaymentError::Unreachable);
        }
        self.charged.lock().expect("no test panics while it holds the lock").push((order, cents));
        Ok(format!("payment-{order}"))
    }
}
// endregion: fake

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(failures: u32) -> Checkout<FakePayments, impl Fn() -> u64> {
        let payments = FakePayments { failures: failures.into(), ..FakePayments::default() };
        Checkout { payments, now: || 1_700_000_000 }
    }

    // region: paused-clock
    #[tokio::test(start_paused = true)]
    async fn an_unreachable_service_is_tried_again_after_a_minute() {
        let checkout = checkout(2);
        let start = tokio::time::Instant::now();
        let receipt = checkout.pay(7, 1250).await.expect("the third try succeeds");
        assert_eq!(receipt.payment, "payment-7");
        assert_eq!(start.elapsed(), Duration::from_secs(120)); // takes no real time
    }
    // endregion: paused-clock

    // region: fake-test
    #[tokio::test(start_paused = true)]
    async fn an_order_is_charged_once_in_spite_of_a_retry() {
        let checkout = checkout(1);
        checkout.pay(7, 1250).await.expect("the second try succeeds");
        assert_eq!(*checkout.payments.charged.lock().unwrap(), [(7, 1250)]);
    }
    // endregion: fake-test

    // region: mock
    #[tokio::test]
    async fn a_declined_payment_is_not_tried_again() {
        let mut payments = MockPayments::new();
        payments
            .expect_charge()
            .withf(|order, cents| (*order, *cents) == (7, 1250))
            .times(1) // checked when the mock is dropped
            .returning(|_, _| Box::pin(async { Err(PaymentError::Declined) }));
        let checkout = Checkout { payments, now: || 0 };
        assert_eq!(checkout.pay(7, 1250).await, Err(PaymentError::Declined));
    }
    // endregion: mock

    #[tokio::test(start_paused = true)]
    async fn three_failures_are_the_end() {
        assert_eq!(checkout(3).pay(7, 1250).await, Err(PaymentError::Unreachable));
    }

    // region: snapshot
    #[tokio::test]
    async fn a_receipt_has_this_shape() {
        let receipt = checkout(0).pay(7, 1250).await.expect("paid");
        insta::assert_json_snapshot!(receipt, @r#"
        {
          "order": 7,
          "total": "12.50",
          "payment": "payment-7",
          "paid_at": 1700000000
        }
        "#);
    }
    // endregion: snapshot

    // region: error-variant
    #[tokio::test]
    async fn a_refusal_names_its_reason() {
        let mut payments = MockPayments::new();
        payments.expect_charge().returning(|_, _| Box::pin(async { Err(PaymentError::Declined) }));
        let error = Checkout { payments, now: || 0 }.pay(7, 1250).await.expect_err("declined");
        assert!(matches!(error, PaymentError::Declined), "{error:?}"); // the variant, not its text
    }
    // endregion: error-variant
}
