//! A complete pipeline: a bounded queue, four workers, time limits, panics that are seen, and an orderly stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
enum Outcome {
    Stored,
    TooSlow,
}

#[derive(Default)]
struct Load {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Counts the orders in flight; its `Drop` runs after a timeout and after a panic too.
struct InFlight<'a>(&'a Load);

impl<'a> InFlight<'a> {
    fn enter(load: &'a Load) -> Self {
        load.most.fetch_max(load.now.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(load)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

/// Stands for a call over the network: order 5 hangs, order 11 meets a bug.
async fn store(order: u32, load: &Load) {
    let _in_flight = InFlight::enter(load);
    match order {
        5 => sleep(Duration::from_secs(60)).await,
        11 => panic!("order 11 has no customer"),
        _ => sleep(Duration::from_millis(5)).await,
    }
}

/// Sends orders until all are sent or the token is cancelled. `send` waits while the queue is full.
async fn produce(queue: mpsc::Sender<u32>, stop: CancellationToken) -> u32 {
    for order in 1..=1_000_000 {
        if stop.run_until_cancelled(queue.send(order)).await.is_none_or(|sent| sent.is_err()) {
            return order - 1;
        }
    }
    1_000_000
} // the sender is dropped here, which ends the queue

/// Runs at most `most` orders at once and counts how they ended.
async fn import(mut queue: mpsc::Receiver<u32>, most: usize, load: Arc<Load>) -> [usize; 3] {
    let (mut tasks, mut counts) = (JoinSet::new(), [0; 3]);
    loop {
        tokio::select! {
            Some(order) = queue.recv(), if tasks.len() < most => {
                let load = load.clone();
                tasks.spawn(async move {
                    match timeout(Duration::from_millis(50), store(order, &load)).await {
                        Ok(()) => Outcome::Stored,
                        Err(_elapsed) => Outcome::TooSlow,
                    }
                });
            }
            Some(ended) = tasks.join_next() => match ended {
                Ok(Outcome::Stored) => counts[0] += 1,
                Ok(Outcome::TooSlow) => counts[1] += 1,
                Err(error) => {
                    eprintln!("a task failed: {error}");
                    counts[2] += 1;
                }
            },
            else => return counts, // the queue has ended and no task is left
        }
    }
}

#[tokio::main]
async fn main() {
    let (stop, load) = (CancellationToken::new(), Arc::new(Load::default()));
    let (sender, receiver) = mpsc::channel(8);
    let producer = tokio::spawn(produce(sender, stop.clone()));
    let importer = tokio::spawn(import(receiver, 4, load.clone()));

    sleep(Duration::from_millis(100)).await; // a service waits for SIGTERM here
    stop.cancel();
    let sent = producer.await.expect("the producer does not panic") as usize;
    let ended = timeout(Duration::from_secs(5), importer).await.expect("the importer ends in time");
    let [stored, too_slow, panicked] = ended.expect("the importer does not panic");

    println!("every order that was sent has ended: {}", sent == stored + too_slow + panicked);
    println!("more than ten were stored: {}", stored > 10);
    println!("too slow: {too_slow}, panicked: {panicked}");
    println!("most at once: {}", load.most.load(SeqCst));
}
