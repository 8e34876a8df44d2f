//! An actor: one task owns the state, and a handle sends it messages through a bounded channel.

use std::collections::HashMap;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// What the actor can do. A message that wants an answer carries the sender for it.
enum Message {
    Reserve { item: String, amount: u32, answer: oneshot::Sender<Result<u32, StockError>> },
    Deliver { item: String, amount: u32 },
}

#[derive(Debug, PartialEq)]
pub enum StockError {
    NotEnough {
        left: u32,
    },
    /// The actor has stopped, or dropped the question.
    Stopped,
}

/// The handle: cheap to clone, and the only way to the state.
#[derive(Clone)]
pub struct Stock {
    messages: mpsc::Sender<Message>,
}

impl Stock {
    /// Starts the actor. It ends when the last handle is dropped, and returns its state through the `JoinHandle`.
    pub fn start(capacity: usize) -> (Self, JoinHandle<HashMap<String, u32>>) {
        let (messages, inbox) = mpsc::channel(capacity);
        (Self { messages }, tokio::spawn(run(inbox)))
    }

    /// Waits while the inbox is full: back-pressure for the caller.
    pub async fn reserve(&self, item: &str, amount: u32) -> Result<u32, StockError> {
        let (answer, reply) = oneshot::channel();
        let message = Message::Reserve { item: item.to_owned(), amount, answer };
        self.messages.send(message).await.map_err(|_| StockError::Stopped)?;
        reply.await.map_err(|_| StockError::Stopped)?
    }

    pub async fn deliver(&self, item: &str, amount: u32) -> Result<(), StockError> {
        let message = Message::Deliver { item: item.to_owned(), amount };
        self.messages.send(message).await.map_err(|_| StockError::Stopped)
    }
}

async fn run(mut inbox: mpsc::Receiver<Message>) -> HashMap<String, u32> {
    let mut stock = HashMap::new(); // no lock: this task alone has it
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Reserve { item, amount, answer } => {
                let left: &mut u32 = stock.entry(item).or_default();
                let reserved = left.checked_sub(amount).ok_or(StockError::NotEnough { left: *left });
                if let Ok(rest) = reserved {
                    *left = rest;
                }
                let _ = answer.send(reserved); // the caller may have gone away
            }
            Message::Deliver { item, amount } => *stock.entry(item).or_default() += amount,
        }
    }
    stock
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn stock_is_reserved_once() {
        let (stock, task) = Stock::start(8);
        stock.deliver("cup", 5).await.expect("running");
        let callers = (0..4).map(|_| stock.reserve("cup", 2));
        let answers = futures::future::join_all(callers).await;
        assert_eq!(answers[..2], [Ok(3), Ok(1)]);
        assert_eq!(
            answers[2..],
            [Err(StockError::NotEnough { left: 1 }), Err(StockError::NotEnough { left: 1 })]
        );
        drop(stock);
        assert_eq!(task.await.expect("no panic")["cup"], 1);
    }

    #[tokio::test]
    async fn a_stopped_actor_is_an_error() {
        let (stock, task) = Stock::start(8);
        task.abort();
        assert!(task.await.expect_err("aborted").is_cancelled());
        assert_eq!(stock.reserve("cup", 1).await, Err(StockError::Stopped));
    }

    #[tokio::test]
    async fn a_caller_that_leaves_does_no_harm() {
        let (stock, _task) = Stock::start(8);
        stock.deliver("cup", 5).await.expect("running");
        let mut question = Box::pin(stock.reserve("cup", 1));
        assert!(futures::poll!(question.as_mut()).is_pending());
        drop(question);
        assert_eq!(stock.reserve("cup", 1).await, Ok(3), "both reservations were made");
    }

    /// Two actors that call each other and wait: a cycle of full inboxes.
    async fn partner(mut inbox: mpsc::Receiver<u32>, other: mpsc::Sender<u32>) {
        while let Some(number) = inbox.recv().await {
            for _ in 0..2 {
                if other.send(number + 1).await.is_err() {
                    return;
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn actors_that_wait_for_each_other_stop() {
        let ((to_a, a), (to_b, b)) = (mpsc::channel(1), mpsc::channel(1));
        tokio::spawn(partner(a, to_b.clone()));
        tokio::spawn(partner(b, to_a.clone()));
        to_a.send(1).await.expect("running");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let stuck = timeout(Duration::from_secs(3600), async {
            for _ in 0..3 {
                to_a.send(1).await.expect("running");
            }
        })
        .await;
        assert!(stuck.is_err(), "both wait for room in the other's inbox");
    }
}
