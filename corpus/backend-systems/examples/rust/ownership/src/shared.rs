//! State that the threads and tasks of a service share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use dashmap::DashMap;

// region: shared-state
#[derive(Clone, Default)]
pub struct Stock {
    inner: Arc<Inner>, // a clone is one more owner of the same state
}

#[derive(Default)]
struct Inner {
    amounts: Mutex<HashMap<String, u32>>,
    requests: AtomicU64,
}
// endregion: shared-state

impl Stock {
    // region: lock-inside
    pub fn reserve(&self, item: &str, amount: u32) -> Option<u32> {
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
        let mut amounts = self.inner.amounts.lock().expect("no code panics while it holds the lock");
        let left = amounts.get_mut(item)?;
        *left = left.checked_sub(amount)?;
        Some(*left) // a copy leaves; the guard does not
    }
    // endregion: lock-inside

    pub fn deliver(&self, item: &str, amount: u32) {
        let mut amounts = self.inner.amounts.lock().expect("no code panics while it holds the lock");
        *amounts.entry(item.to_owned()).or_default() += amount;
    }

    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }
}

#[derive(Debug, PartialEq)]
pub struct Settings {
    pub limit: u32,
}

// region: arc-swap
pub struct Live {
    settings: ArcSwap<Settings>,
}

impl Live {
    pub fn limit(&self) -> u32 {
        self.settings.load().limit // no lock; `load_full` gives an Arc to keep
    }

    pub fn replace(&self, settings: Settings) {
        self.settings.store(Arc::new(settings)); // readers see the old or the new value
    }
}
// endregion: arc-swap

// region: rwlock-snapshot
pub struct Prices {
    current: RwLock<Arc<HashMap<String, u32>>>,
}

impl Prices {
    pub fn snapshot(&self) -> Arc<HashMap<String, u32>> {
        self.current.read().expect("no code panics while it holds the lock").clone() // clones the Arc
    }

    pub fn publish(&self, prices: HashMap<String, u32>) {
        *self.current.write().expect("no code panics while it holds the lock") = Arc::new(prices);
    }
}
// endregion: rwlock-snapshot

// region: dashmap
pub fn hit(counts: &DashMap<String, u64>, path: &str) -> u64 {
    if let Some(mut count) = counts.get_mut(path) {
        *count += 1;
        return *count;
    } // the shard is free again
    *counts.entry(path.to_owned()).and_modify(|count| *count += 1).or_insert(1)
}
// endregion: dashmap

/// The mistake: the reference keeps the shard locked, and the insert waits for it.
// region: dashmap-bad
pub fn copy_bad(counts: &DashMap<String, u64>, from: &str) {
    if let Some(count) = counts.get(from) {
        counts.insert(from.to_owned(), *count + 1); // the same shard: waits for ever
    }
}

pub fn copy(counts: &DashMap<String, u64>, from: &str) {
    let count = counts.get(from).map(|count| *count); // the reference ends here
    if let Some(count) = count {
        counts.insert(from.to_owned(), count + 1);
    }
}
// endregion: dashmap-bad

/// The mistake: the guard of the head lives to the end of the body.
// region: guard-in-head
pub fn drain_bad(queue: &Mutex<Vec<u32>>) {
    while let Some(job) = queue.lock().expect("not poisoned").pop() {
        if job > 0 {
            queue.lock().expect("not poisoned").push(job - 1); // waits for its own guard
        }
    }
}

pub fn drain(queue: &Mutex<Vec<u32>>) {
    let next = || queue.lock().expect("not poisoned").pop(); // the guard ends in here
    while let Some(job) = next() {
        if job > 0 {
            queue.lock().expect("not poisoned").push(job - 1);
        }
    }
}
// endregion: guard-in-head

/// The mistake: `_` drops the guard at once. The compiler refuses it for std locks, clippy for parking_lot's.
// region: underscore-guard
pub fn exclusive_bad(gate: &parking_lot::Mutex<()>) -> bool {
    #[expect(clippy::let_underscore_lock)]
    let _ = gate.lock(); // dropped at the end of this line
    gate.try_lock().is_some() // somebody else gets in
}

pub fn exclusive(gate: &parking_lot::Mutex<()>) -> bool {
    let _guard = gate.lock(); // lives to the end of the block
    gate.try_lock().is_some()
}
// endregion: underscore-guard

// region: poison
pub fn add(total: &Mutex<u64>, amount: u64) -> u64 {
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner); // a number cannot be half changed
    *total += amount;
    *total
}
// endregion: poison

/// A writer that goes on as a reader, since Rust 1.92.
pub fn publish_and_sum(prices: &RwLock<Vec<u32>>, price: u32) -> u32 {
    let mut writer = prices.write().expect("no code panics while it holds the lock");
    writer.push(price);
    let reader = RwLockWriteGuard::downgrade(writer); // other readers come in, no writer in between
    reader.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread, time::Duration};

    /// Whether `work` ends; one that does not keeps its thread until the test process ends.
    fn ends(work: impl FnOnce() + Send + 'static) -> bool {
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            work();
            done.send(()).expect("the test waits");
        });
        ended.recv_timeout(Duration::from_millis(150)).is_ok()
    }

    #[test]
    fn clones_share_the_state() {
        let stock = Stock::default();
        stock.deliver("cup", 100);
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let stock = stock.clone();
                thread::spawn(move || (0..30).filter(|_| stock.reserve("cup", 1).is_some()).count())
            })
            .collect();
        let reserved: usize = workers.into_iter().map(|worker| worker.join().expect("no panic")).sum();
        assert_eq!((reserved, stock.requests(), stock.reserve("cup", 1)), (100, 120, None));
    }

    #[test]
    fn readers_keep_their_snapshot() {
        let live = Live { settings: ArcSwap::from_pointee(Settings { limit: 1 }) };
        let old = live.settings.load_full();
        live.replace(Settings { limit: 2 });
        assert_eq!((live.limit(), old.limit), (2, 1));
        let prices = Prices { current: RwLock::default() };
        let before = prices.snapshot();
        prices.publish(HashMap::from([("cup".into(), 5)]));
        assert_eq!((before.len(), prices.snapshot()["cup"]), (0, 5));
        assert_eq!(publish_and_sum(&RwLock::new(vec![1]), 2), 3);
    }

    #[test]
    fn a_dashmap_reference_locks_its_shard() {
        let counts = Arc::new(DashMap::new());
        assert_eq!((hit(&counts, "/"), hit(&counts, "/")), (1, 2));
        let shared = counts.clone();
        assert!(ends(move || copy(&shared, "/")));
        assert_eq!(*counts.get("/").expect("there"), 3);
        assert!(!ends(move || copy_bad(&counts, "/")));
    }

    #[test]
    fn a_guard_in_the_head_of_a_loop_deadlocks() {
        assert!(ends(|| drain(&Mutex::new(vec![2, 1]))));
        assert!(!ends(|| drain_bad(&Mutex::new(vec![2, 1]))));
        assert!(!ends(|| {
            let queue = Mutex::new(vec![1]);
            if let Some(job) = queue.lock().expect("not poisoned").pop() {
                queue.lock().expect("not poisoned").push(job); // the first block, in every edition
            }
        }));
    }

    #[test]
    fn an_underscore_guard_protects_nothing() {
        assert!(exclusive_bad(&parking_lot::Mutex::new(())));
        assert!(!exclusive(&parking_lot::Mutex::new(())));
    }

    #[test]
    fn a_panic_poisons_a_mutex_and_parking_lot_does_not() {
        let total = Arc::new(Mutex::new(1));
        let copy = total.clone();
        let failed = thread::spawn(move || {
            let _guard = copy.lock();
            panic!("half done");
        });
        assert!(failed.join().is_err() && total.is_poisoned());
        let error = total.lock().expect_err("poisoned").to_string();
        assert_eq!(error, "poisoned lock: another task failed inside");
        assert_eq!(add(&total, 2), 3);
        total.clear_poison();
        assert!(total.lock().is_ok());
        let plain = Arc::new(parking_lot::Mutex::new(1));
        let copy = plain.clone();
        let failed = thread::spawn(move || {
            let _guard = copy.lock();
            panic!("half done");
        });
        assert!(failed.join().is_err());
        assert_eq!(*plain.lock(), 1);
    }

    #[test]
    fn two_locks_in_two_orders_deadlock() {
        let both_wait = |same_order: bool| {
            !ends(move || {
                let locks = Arc::new((Mutex::new(()), Mutex::new(())));
                let meet = Arc::new(std::sync::Barrier::new(2));
                let other = thread::spawn({
                    let (locks, meet) = (locks.clone(), meet.clone());
                    move || {
                        if same_order {
                            meet.wait();
                        }
                        let (first, second) =
                            if same_order { (&locks.0, &locks.1) } else { (&locks.1, &locks.0) };
                        let _first = first.lock();
                        if !same_order {
                            meet.wait();
                        }
                        let _second = second.lock();
                    }
                });
                if same_order {
                    meet.wait();
                }
                let _first = locks.0.lock();
                if !same_order {
                    meet.wait();
                }
                let _second = locks.1.lock();
                drop((_first, _second));
                other.join().expect("no panic");
            })
        };
        assert!(!both_wait(true));
        assert!(both_wait(false));
    }
}
