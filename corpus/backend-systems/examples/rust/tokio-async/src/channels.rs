//! Channels as queues with a bound, and as a place for the latest value.

use std::time::Duration;

use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc::{self, error::SendTimeoutError, error::TrySendError},
    watch,
};

#[derive(Debug, PartialEq)]
pub enum Refused {
    Busy,
    Stopped,
}

// region: try-send
pub fn offer(queue: &mpsc::Sender<u64>, job: u64) -> Result<(), Refused> {
    queue.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => Refused::Busy, // answer 503 or 429
        TrySendError::Closed(_) => Refused::Stopped,
    })
}

pub async fn offer_for(queue: &mpsc::Sender<u64>, job: u64, wait: Duration) -> Result<(), Refused> {
    queue.send_timeout(job, wait).await.map_err(|error| match error {
        SendTimeoutError::Timeout(_) => Refused::Busy,
        SendTimeoutError::Closed(_) => Refused::Stopped,
    })
}
// endregion: try-send

// region: recv-many
pub async fn write_rows(mut rows: mpsc::Receiver<u64>, store: impl AsyncFn(&[u64])) {
    let mut batch = Vec::with_capacity(500);
    while rows.recv_many(&mut batch, 500).await > 0 {
        store(&batch).await; // as many as waited, at most 500
        batch.clear();
    }
}
// endregion: recv-many

#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub per_second: u32,
}

// region: watch
pub async fn follow(mut limits: watch::Receiver<Limits>, apply: impl AsyncFn(u32)) {
    loop {
        let per_second = limits.borrow_and_update().per_second; // the guard ends with the statement
        apply(per_second).await;
        if limits.changed().await.is_err() {
            break; // the sender is gone
        }
    }
}
// endregion: watch

// region: lagged
pub async fn follow_events(mut events: broadcast::Receiver<u64>, seen: impl Fn(u64)) -> u64 {
    let mut missed = 0;
    loop {
        match events.recv().await {
            Ok(event) => seen(event),
            Err(RecvError::Lagged(count)) => missed += count, // read the state anew here
            Err(RecvError::Closed) => return missed,
        }
    }
}
// endregion: lagged

/// The mistake: the sender that the function keeps holds the channel open.
// region: sender-kept
pub async fn sum_bad(parts: Vec<u64>) -> u64 {
    let (sender, mut results) = mpsc::channel(8);
    for part in parts {
        let sender = sender.clone();
        tokio::spawn(async move { sender.send(part).await });
    }
    let mut sum = 0; // add `drop(sender);` here, before the loop
    while let Some(part) = results.recv().await {
        sum += part;
    }
    sum // never reached: `sender` itself is alive
}
// endregion: sender-kept

pub async fn sum(parts: Vec<u64>) -> u64 {
    let (sender, mut results) = mpsc::channel(8);
    for part in parts {
        let sender = sender.clone();
        tokio::spawn(async move { sender.send(part).await });
    }
    drop(sender);
    let mut sum = 0;
    while let Some(part) = results.recv().await {
        sum += part;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, sync::Arc};
    use tokio::{
        sync::Notify,
        time::{sleep, timeout},
    };

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_or_waits() {
        let (queue, mut jobs) = mpsc::channel(1);
        assert_eq!(offer(&queue, 1), Ok(()));
        assert_eq!(offer(&queue, 2), Err(Refused::Busy));
        assert_eq!(offer_for(&queue, 2, Duration::from_secs(1)).await, Err(Refused::Busy));
        assert!(timeout(Duration::from_secs(60), queue.send(2)).await.is_err(), "send waits");
        assert_eq!(jobs.recv().await, Some(1));
        drop(jobs);
        assert_eq!(offer(&queue, 3), Err(Refused::Stopped));
        assert_eq!(queue.send(3).await.expect_err("closed").to_string(), "channel closed");
    }

    #[tokio::test]
    async fn rows_are_written_in_batches() {
        let (sender, rows) = mpsc::channel(1000);
        for row in 0..700 {
            sender.send(row).await.expect("room");
        }
        drop(sender);
        let sizes = RefCell::new(Vec::new());
        write_rows(rows, async |batch: &[u64]| sizes.borrow_mut().push(batch.len())).await;
        assert_eq!(sizes.take(), [500, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_keeps_the_latest_only() {
        let (sender, limits) = watch::channel(Limits { per_second: 1 });
        let seen = RefCell::new(Vec::new());
        let change = async {
            sleep(Duration::from_secs(1)).await;
            for per_second in 2..=5 {
                sender.send_replace(Limits { per_second });
            }
            drop(sender);
        };
        let apply = async |per_second| seen.borrow_mut().push(per_second);
        tokio::join!(follow(limits, apply), change);
        assert_eq!(seen.take(), [1, 5]);
    }

    #[tokio::test]
    async fn a_slow_receiver_lags() {
        let (sender, events) = broadcast::channel(4);
        for event in 0..10 {
            sender.send(event).expect("a receiver");
        }
        drop(sender);
        let seen = RefCell::new(Vec::new());
        assert_eq!(follow_events(events, |event| seen.borrow_mut().push(event)).await, 6);
        assert_eq!(seen.take(), [6, 7, 8, 9]);
        assert_eq!(RecvError::Lagged(6).to_string(), "channel lagged by 6");
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_sender_keeps_the_loop() {
        assert!(timeout(Duration::from_secs(3600), sum_bad(vec![1, 2])).await.is_err());
        assert_eq!(sum(vec![1, 2]).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_the_receiver_drains() {
        let (queue, mut jobs) = mpsc::channel(4);
        queue.send(1).await.expect("room");
        jobs.close();
        assert_eq!(offer(&queue, 2), Err(Refused::Stopped));
        assert_eq!((jobs.recv().await, jobs.recv().await), (Some(1), None));
    }

    #[tokio::test(start_paused = true)]
    async fn notify_keeps_one_permit() {
        let notify = Arc::new(Notify::new());
        notify.notify_one();
        notify.notify_one();
        notify.notified().await;
        assert!(timeout(Duration::from_secs(60), notify.notified()).await.is_err(), "two became one");
        notify.notify_waiters();
        assert!(timeout(Duration::from_secs(60), notify.notified()).await.is_err(), "nobody waited");
    }
}
