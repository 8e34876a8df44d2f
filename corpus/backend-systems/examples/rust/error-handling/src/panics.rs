//! Panics: where they stop and what they leave behind.

use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::task::JoinHandle;

/// What became of a task.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Done(u32),
    Panicked(String),
    Cancelled,
}

pub async fn outcome(task: JoinHandle<u32>) -> Outcome {
    // region: join-error
    match task.await {
        Ok(value) => Outcome::Done(value),
        Err(error) if error.is_panic() => Outcome::Panicked(message(error.into_panic())),
        Err(_) => Outcome::Cancelled, // aborted, or the runtime is shutting down
    }
    // endregion: join-error
}

fn message(payload: Box<dyn std::any::Any + Send>) -> String {
    // region: panic-message
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a text".to_owned())
    // endregion: panic-message
}

// region: catch-unwind
/// Runs a plugin that must not take the process down; needs `panic = "unwind"`, the default.
pub fn guarded(plugin: impl FnOnce() -> u32) -> Result<u32, String> {
    std::panic::catch_unwind(AssertUnwindSafe(plugin)).map_err(message)
}
// endregion: catch-unwind

// region: poison
/// The lock, even after another thread panicked while it held it.
pub fn lock_anyway<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// endregion: poison

/// The first word.
pub fn first_word(text: &str) -> &str {
    // region: expect
    text.split(' ').next().expect("split gives at least one part, even of an empty text")
    // endregion: expect
}

/// A port from the environment.
pub async fn port_or_die(text: &str) -> u16 {
    // region: unwrap-bad
    text.parse().unwrap() // one bad request and this task is gone
    // endregion: unwrap-bad
}

/// A writer whose last step may fail.
pub struct Journal {
    pub lines: Vec<String>,
    pub sink: Box<dyn std::io::Write>,
}

impl Journal {
    // region: explicit-close
    /// Writes what is left. Dropping the journal cannot report an error.
    pub fn close(mut self) -> std::io::Result<()> {
        for line in self.lines.drain(..) {
            writeln!(self.sink, "{line}")?;
        }
        self.sink.flush()
    }
    // endregion: explicit-close
}
