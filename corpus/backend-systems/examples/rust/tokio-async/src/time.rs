//! Timeouts and intervals.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};

#[derive(Debug, PartialEq)]
pub enum PriceError {
    TooSlow,
    Unknown,
}

// region: timeout
pub async fn price_within(
    limit: Duration,
    ask: impl Future<Output = Option<u64>>,
) -> Result<u64, PriceError> {
    match timeout(limit, ask).await {
        Ok(Some(price)) => Ok(price),
        Ok(None) => Err(PriceError::Unknown),
        Err(_elapsed) => Err(PriceError::TooSlow), // `ask` was dropped
    }
}
// endregion: timeout

/// One deadline for several steps.
pub async fn both_within<A, B>(
    limit: Duration,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> Option<(A, B)> {
    let deadline = Instant::now() + limit;
    let a = timeout_at(deadline, first).await.ok()?;
    let b = timeout_at(deadline, second).await.ok()?;
    Some((a, b))
}

// region: missed-ticks
pub async fn poll_every(period: Duration, poll: impl AsyncFn()) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay); // default: Burst
    loop {
        ticks.tick().await; // the first tick comes at once
        poll().await;
    }
}
// endregion: missed-ticks

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_three_ends_of_a_call() {
        let after = |seconds, price| async move {
            sleep(Duration::from_secs(seconds)).await;
            price
        };
        let limit = Duration::from_secs(2);
        assert_eq!(price_within(limit, after(1, Some(5))).await, Ok(5));
        assert_eq!(price_within(limit, after(1, None)).await, Err(PriceError::Unknown));
        assert_eq!(price_within(limit, after(3, Some(5))).await, Err(PriceError::TooSlow));
        let text = timeout(limit, after(3, None)).await.expect_err("too slow").to_string();
        assert_eq!(text, "deadline has elapsed");
        let second = || async { sleep(Duration::from_millis(1500)).await };
        assert!(both_within(limit, second(), second()).await.is_none());
        let (early, start) = (sleep(limit), Instant::now()); // its time runs from here
        sleep(limit).await;
        early.await;
        assert_eq!(start.elapsed(), limit);
    }

    async fn ticks_after_a_pause(behavior: MissedTickBehavior) -> u32 {
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(behavior);
        ticks.tick().await;
        sleep(Duration::from_millis(10_500)).await;
        let mut soon = 0;
        while timeout(Duration::from_millis(1), ticks.tick()).await.is_ok() {
            soon += 1;
        }
        soon
    }

    #[tokio::test(start_paused = true)]
    async fn missed_ticks_come_at_once_by_default() {
        assert_eq!(ticks_after_a_pause(MissedTickBehavior::default()).await, 10);
        assert_eq!(ticks_after_a_pause(MissedTickBehavior::Delay).await, 1);
        assert_eq!(ticks_after_a_pause(MissedTickBehavior::Skip).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_poll_does_not_cause_a_burst() {
        let polls = Cell::new(0);
        let poll = async || {
            polls.set(polls.get() + 1);
            sleep(Duration::from_secs(if polls.get() == 1 { 30 } else { 0 })).await;
        };
        let _ = timeout(Duration::from_millis(35_500), poll_every(Duration::from_secs(1), poll)).await;
        assert_eq!(polls.get(), 7, "one at 0 s, then from 30 s to 35 s");
    }
}
