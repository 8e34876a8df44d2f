//! Which lock, for how long, and what a guard over an await does.

use std::{collections::HashMap, sync::Mutex as StdMutex};

use tokio::sync::Mutex;

#[derive(Default)]
pub struct Sessions {
    users: StdMutex<HashMap<String, u64>>,
}

impl Sessions {
    // region: std-lock
    pub fn user_of(&self, token: &str) -> Option<u64> {
        let users = self.users.lock().expect("no code panics while it holds the lock");
        users.get(token).copied()
    } // the guard ends here, before any await of the caller

    pub async fn sign_in(&self, token: &str) -> u64 {
        if let Some(user) = self.user_of(token) {
            return user;
        }
        let user = look_up(token).await; // no lock is held
        self.users.lock().expect("no code panics while it holds the lock").insert(token.into(), user);
        user
    }
    // endregion: std-lock
}

async fn look_up(token: &str) -> u64 {
    tokio::task::yield_now().await;
    token.len() as u64
}

#[derive(Default)]
pub struct Connection {
    pub sent: Vec<u64>,
}

impl Connection {
    async fn send(&mut self, message: u64) {
        self.sent.push(message);
        tokio::task::yield_now().await;
    }
}

// region: tokio-lock
pub async fn send_pair(connection: &Mutex<Connection>, first: u64) {
    let mut connection = connection.lock().await;
    connection.send(first).await; // the guard lives over both awaits,
    connection.send(first + 1).await; // so no other pair comes in between
}
// endregion: tokio-lock

/// The mistake; clippy's await_holding_lock reports it, and `expect` asserts that it does.
// region: guard-over-await
#[expect(clippy::await_holding_lock)]
pub async fn count_bad(hits: &StdMutex<u64>) {
    let mut hits = hits.lock().expect("no code panics while it holds the lock");
    *hits += 1;
    tokio::task::yield_now().await; // the guard is alive
}

pub async fn count(hits: &StdMutex<u64>) {
    {
        let mut hits = hits.lock().expect("no code panics while it holds the lock");
        *hits += 1;
    } // the guard ended
    tokio::task::yield_now().await;
}
// endregion: guard-over-await

/// Dropped in time, and yet clippy reports it, and the future is not `Send` (see `refused`).
#[expect(clippy::await_holding_lock)]
pub async fn count_dropped(hits: &StdMutex<u64>) {
    let mut guard = hits.lock().expect("no code panics while it holds the lock");
    *guard += 1;
    drop(guard);
    tokio::task::yield_now().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{rc::Rc, sync::Arc, time::Duration};
    use tokio::{runtime::LocalRuntime, sync::RwLock, time::timeout};

    #[tokio::test]
    async fn sessions_are_found_again() {
        let sessions = Sessions::default();
        assert_eq!(sessions.sign_in("abc").await, 3);
        assert_eq!(sessions.user_of("abc"), Some(3));
    }

    #[tokio::test]
    async fn pairs_stay_together() {
        let connection = Arc::new(Mutex::new(Connection::default()));
        let send = |first| {
            let connection = connection.clone();
            async move { send_pair(&connection, first).await }
        };
        tokio::join!(send(10), send(20));
        assert_eq!(connection.lock().await.sent, [10, 11, 20, 21]);
    }

    /// Whether two tasks on one thread finish; a deadlock keeps the thread for ever.
    fn finishes(bad: bool) -> bool {
        let (done, finished) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            LocalRuntime::new().expect("a runtime").block_on(async {
                let hits = Rc::new(StdMutex::new(0));
                let task = |hits: Rc<StdMutex<u64>>| async move {
                    if bad { count_bad(&hits).await } else { count(&hits).await }
                };
                let (a, b) = (
                    tokio::task::spawn_local(task(hits.clone())),
                    tokio::task::spawn_local(task(hits.clone())),
                );
                a.await.expect("no panic");
                b.await.expect("no panic");
            });
            done.send(()).expect("the test waits");
        });
        finished.recv_timeout(Duration::from_millis(150)).is_ok()
    }

    #[test]
    fn a_std_guard_over_an_await_deadlocks_on_one_thread() {
        assert!(finishes(false));
        assert!(!finishes(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_read_behind_a_writer_deadlocks() {
        let lock = Arc::new(RwLock::new(0));
        let first = lock.read().await;
        let writer = tokio::spawn({
            let lock = lock.clone();
            async move { *lock.write().await += 1 }
        });
        tokio::task::yield_now().await; // the writer queues
        assert!(timeout(Duration::from_secs(60), lock.read()).await.is_err());
        drop(first);
        writer.await.expect("no panic");
        assert_eq!(*lock.read().await, 1);
    }

    #[tokio::test]
    async fn a_tokio_mutex_is_not_poisoned() {
        let lock = Arc::new(Mutex::new(0));
        let copy = lock.clone();
        let task = tokio::spawn(async move {
            *copy.lock().await = 1;
            let _guard = copy.lock().await;
            panic!("half done");
        });
        assert!(task.await.is_err());
        assert_eq!(*lock.lock().await, 1, "the next owner sees whatever the panic left");
    }
}
