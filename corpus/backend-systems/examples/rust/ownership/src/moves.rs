//! Moving values out of places, and borrowing parts of them.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex},
};

#[derive(Debug, Default)]
pub struct Batch {
    rows: Vec<u32>,
    flushed: usize,
    pending: Option<String>,
}

// region: take
impl Batch {
    pub fn flush(&mut self) -> Vec<u32> {
        self.flushed += self.rows.len();
        mem::take(&mut self.rows) // leaves an empty Vec behind
    }

    pub fn next_pending(&mut self, next: String) -> Option<String> {
        self.pending.replace(next) // the old value out, the new one in
    }

    pub fn stop(&mut self) -> Option<String> {
        self.pending.take() // leaves None
    }
}
// endregion: take

pub enum Job {
    Waiting { payload: String },
    Running { payload: String, tries: u32 },
    Done,
}

// region: state-change
impl Job {
    pub fn start(&mut self) {
        *self = match mem::replace(self, Job::Done) {
            Job::Waiting { payload } => Job::Running { payload, tries: 1 },
            Job::Running { payload, tries } => Job::Running { payload, tries: tries + 1 },
            Job::Done => Job::Done,
        };
    }
}
// endregion: state-change

// region: entry
pub fn count_words(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1; // one look-up, one borrow
    }
    counts
}

pub fn lines_of(orders: &mut HashMap<u64, Vec<u32>>, id: u64) -> &mut Vec<u32> {
    orders.entry(id).or_insert_with(|| Vec::with_capacity(8))
}
// endregion: entry

pub struct Shop {
    pub orders: Vec<u32>,
    pub total: u32,
}

// region: split-borrow
impl Shop {
    pub fn sum_up(&mut self) {
        let Shop { orders, total } = self; // two borrows of different fields
        for order in orders.iter_mut() {
            *order += 1;
            *total += *order;
        }
    }
}
// endregion: split-borrow

// region: disjoint
pub fn transfer(balances: &mut [u32], from: usize, to: usize, amount: u32) -> Option<()> {
    let [source, target] = balances.get_disjoint_mut([from, to]).ok()?;
    *source = source.checked_sub(amount)?;
    *target += amount;
    Some(())
}
// endregion: disjoint

// region: make-mut
#[derive(Clone)]
pub struct Catalogue {
    items: Arc<Vec<String>>,
}

impl Catalogue {
    pub fn add(&mut self, item: String) {
        Arc::make_mut(&mut self.items).push(item); // copies only while others share it
    }
}
// endregion: make-mut

// region: clone-for-closure
pub fn start_worker(names: &Arc<Mutex<Vec<String>>>, name: String) -> std::thread::JoinHandle<()> {
    let names = Arc::clone(names); // one more owner, for the closure
    std::thread::spawn(move || {
        names.lock().expect("no code panics while it holds the lock").push(name);
    })
}
// endregion: clone-for-closure

// region: scope
pub fn sum_in_parallel(rows: &[u64]) -> u64 {
    let half = rows.len() / 2;
    std::thread::scope(|scope| {
        let left = scope.spawn(|| rows[..half].iter().sum::<u64>()); // borrows `rows`
        let right = rows[half..].iter().sum::<u64>();
        left.join().expect("summing does not panic") + right
    })
}
// endregion: scope

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_leave_and_something_stays() {
        let mut batch = Batch { rows: vec![1, 2], ..Batch::default() };
        assert_eq!((batch.flush(), batch.flush(), batch.flushed), (vec![1, 2], vec![], 2));
        assert_eq!(batch.next_pending("a".into()), None);
        assert_eq!(batch.next_pending("b".into()).as_deref(), Some("a"));
        assert_eq!((batch.stop().as_deref(), batch.stop()), (Some("b"), None));
    }

    #[test]
    fn a_job_changes_its_state_in_place() {
        let mut job = Job::Waiting { payload: "mail".into() };
        job.start();
        job.start();
        assert!(matches!(&job, Job::Running { payload, tries: 2 } if payload == "mail"));
        job = Job::Done;
        job.start();
        assert!(matches!(job, Job::Done));
    }

    #[test]
    fn entries_are_made_once() {
        assert_eq!(count_words("a b a")["a"], 2);
        let mut orders = HashMap::new();
        lines_of(&mut orders, 1).push(7);
        lines_of(&mut orders, 1).push(8);
        assert_eq!(orders[&1], [7, 8]);
    }

    #[test]
    fn parts_are_borrowed_separately() {
        let mut shop = Shop { orders: vec![1, 2], total: 0 };
        shop.sum_up();
        assert_eq!(shop.total, 5);
        let mut balances = [10, 0, 5];
        assert_eq!(transfer(&mut balances, 0, 2, 4), Some(()));
        assert_eq!(balances, [6, 0, 9]);
        assert_eq!(transfer(&mut balances, 1, 1, 1), None, "the same place twice");
        assert_eq!(transfer(&mut balances, 1, 7, 1), None, "no such place");
        let mut map = HashMap::from([("a", 1), ("b", 2)]);
        if let [Some(a), Some(b)] = map.get_disjoint_mut(["a", "b"]) {
            mem::swap(a, b);
        }
        assert_eq!(map["a"], 2);
    }

    #[test]
    fn a_shared_catalogue_is_copied_once() {
        let mut own = Catalogue { items: Arc::new(vec!["cup".into()]) };
        let shared = own.clone();
        own.add("pot".into());
        assert_eq!((own.items.len(), shared.items.len()), (2, 1));
        let before = Arc::as_ptr(&own.items);
        own.add("jug".into());
        assert_eq!(Arc::as_ptr(&own.items), before, "alone: changed in place");
    }

    #[test]
    fn threads_share_and_borrow() {
        let names = Arc::default();
        let workers = ["a", "b"].map(|name| start_worker(&names, name.to_owned()));
        for worker in workers {
            worker.join().expect("no panic");
        }
        assert_eq!(names.lock().expect("no panic").len(), 2);
        assert_eq!(Arc::strong_count(&names), 1);
        assert_eq!(sum_in_parallel(&[1, 2, 3, 4]), 10);
    }
}
