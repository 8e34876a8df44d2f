//! Shared state of a service: clones share it, the locks stay inside, and no guard leaves.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What the sessions know about a user. An `Arc` of it is handed out, so that no text is copied.
#[derive(Debug, PartialEq)]
pub struct User {
    pub id: u64,
    pub name: String,
}

/// Cheap to clone: put it into the state of the web framework as it is.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

struct Inner {
    lifetime: Duration,
    entries: Mutex<HashMap<String, Entry>>,
    refused: AtomicU64,
}

struct Entry {
    user: Arc<User>,
    ends: Instant,
}

impl Sessions {
    pub fn new(lifetime: Duration) -> Self {
        let (entries, refused) = (Mutex::default(), AtomicU64::default());
        Self { inner: Arc::new(Inner { lifetime, entries, refused }) }
    }

    /// Takes the token and the user by value, because it stores them.
    pub fn start(&self, token: String, user: User, now: Instant) {
        let entry = Entry { user: Arc::new(user), ends: now + self.inner.lifetime };
        self.entries().insert(token, entry);
    }

    /// Returns an owner and not a guard, so the caller may keep it over an await.
    pub fn user_of(&self, token: &str, now: Instant) -> Option<Arc<User>> {
        let user =
            self.entries().get(token).filter(|entry| now < entry.ends).map(|entry| Arc::clone(&entry.user));
        if user.is_none() {
            self.inner.refused.fetch_add(1, Ordering::Relaxed);
        }
        user
    }

    /// Removes what is over, and returns how many there were.
    pub fn sweep(&self, now: Instant) -> usize {
        let ended: Vec<Entry> = {
            let mut entries = self.entries();
            entries.extract_if(|_, entry| entry.ends <= now).map(|(_, entry)| entry).collect()
        };
        ended.len() // the users are dropped here, after the lock
    }

    pub fn refused(&self) -> u64 {
        self.inner.refused.load(Ordering::Relaxed)
    }

    /// Every operation under the lock is one call on the map, so a panic leaves no half-changed entry behind.
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.inner.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_for_its_time_and_is_shared_by_clones() {
        let (now, hour) = (Instant::now(), Duration::from_secs(3600));
        let sessions = Sessions::new(hour);
        sessions.clone().start("t1".into(), User { id: 1, name: "ada".into() }, now);
        let user = sessions.user_of("t1", now).expect("started");
        assert_eq!(user.name, "ada");
        assert_eq!(sessions.user_of("t1", now + hour), None);
        assert_eq!(sessions.user_of("t2", now), None);
        assert_eq!((sessions.sweep(now), sessions.sweep(now + hour), sessions.refused()), (0, 1, 2));
        assert_eq!(user.id, 1, "whoever holds the Arc keeps the user");
    }

    #[test]
    fn the_state_may_cross_threads() {
        fn shared<T: Send + Sync + Clone + 'static>() {}
        shared::<Sessions>();
    }
}
