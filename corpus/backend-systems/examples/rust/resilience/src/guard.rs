//! A deadline, a retry budget, full jitter and a breaker around calls to one dependency.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

#[derive(Debug, thiserror::Error)]
pub enum GuardError<E> {
    #[error("circuit breaker is open")]
    Open,
    #[error("no answer in time")]
    Timeout,
    #[error(transparent)]
    Call(E),
}

/// The parameters. All of them are required.
pub struct Config {
    pub timeout: Duration, // one attempt
    pub attempts: u32,     // at most, the first included
    pub base: Duration,    // of the pause between attempts
    pub limit: Duration,
    pub retry_share: f64, // retries per call over time, such as 0.1
    pub window: Duration, // in which failures are counted
    pub open_for: Duration,
}

struct State {
    tokens: f64,
    calls: u32,
    failures: u32,
    since: Instant,
    open_until: Option<Instant>,
}

/// Shared by all callers of one dependency.
pub struct Guard {
    config: Config,
    state: Mutex<State>,
}

impl Guard {
    pub fn new(config: Config) -> Self {
        let state = State { tokens: 0.0, calls: 0, failures: 0, since: Instant::now(), open_until: None };
        Self { config, state: Mutex::new(state) }
    }

    /// Runs `call`, which has to be safe to repeat. `is_trouble` tells a failing dependency from one that refuses.
    pub async fn run<T, E, F>(
        &self,
        call: impl Fn() -> F,
        is_trouble: impl Fn(&E) -> bool,
    ) -> Result<T, GuardError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.pay(self.config.retry_share);
        for n in 1.. {
            self.admit()?;
            let result = match timeout(self.config.timeout, call()).await {
                Ok(result) => result.map_err(GuardError::Call),
                Err(_) => Err(GuardError::Timeout),
            };
            let trouble = match &result {
                Err(GuardError::Call(error)) => is_trouble(error),
                other => other.is_err(),
            };
            self.count(trouble);
            if !trouble || n == self.config.attempts || !self.pay(-1.0) {
                return result;
            }
            let ceiling = (self.config.base * (1 << (n - 1).min(20))).min(self.config.limit);
            sleep(ceiling.mul_f64(rand::random_range(0.0..1.0))).await;
        }
        unreachable!("the loop returns at the last attempt")
    }

    /// Refuses while the breaker is open; afterwards one probe at a time decides.
    fn admit<E>(&self) -> Result<(), GuardError<E>> {
        let mut state = self.state.lock().expect("no panic holds it");
        let now = Instant::now();
        match state.open_until {
            Some(until) if now < until => return Err(GuardError::Open),
            Some(_) => state.open_until = Some(now + self.config.timeout), // others wait for this probe
            None => {}
        }
        Ok(())
    }

    fn count(&self, trouble: bool) {
        let mut state = self.state.lock().expect("no panic holds it");
        let now = Instant::now();
        if state.open_until.is_some() {
            state.open_until = trouble.then(|| now + self.config.open_for);
            (state.calls, state.failures, state.since) = (0, 0, now);
            return;
        }
        if now - state.since > self.config.window {
            (state.calls, state.failures, state.since) = (0, 0, now);
        }
        state.calls += 1;
        state.failures += u32::from(trouble);
        if state.calls >= 20 && state.failures * 2 >= state.calls {
            state.open_until = Some(now + self.config.open_for);
        }
    }

    /// Adds to the budget, or takes from it when it holds enough.
    fn pay(&self, amount: f64) -> bool {
        let mut state = self.state.lock().expect("no panic holds it");
        if state.tokens + amount < 0.0 {
            return false;
        }
        state.tokens = (state.tokens + amount).min(10.0);
        true
    }
}
