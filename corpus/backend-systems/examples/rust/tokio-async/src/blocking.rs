//! Work that blocks a thread: moving it off the workers, bounding it, and finding it.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
};

fn checksum(data: &[u8]) -> u32 {
    data.iter().fold(1, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte))
}

// region: spawn-blocking
pub async fn checksum_of(data: Vec<u8>) -> Result<u32, JoinError> {
    spawn_blocking(move || checksum(&data)).await
}
// endregion: spawn-blocking

#[derive(Clone)]
pub struct CpuPool {
    slots: Arc<Semaphore>,
}

impl CpuPool {
    pub fn new(slots: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots)) }
    }

    // region: bounded-blocking
    pub async fn run<T, F>(&self, work: F) -> Result<T, JoinError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        spawn_blocking(move || {
            let _slot = slot; // held by the closure: a caller that gives up frees nothing
            work()
        })
        .await
    }
    // endregion: bounded-blocking

    /// The mistake: the permit lives in the caller's future and is freed while the closure still runs.
    pub async fn run_loosely<T, F>(&self, work: F) -> Result<T, JoinError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        spawn_blocking(work).await
    }
}

#[expect(clippy::disallowed_methods)] // reported through clippy.toml
// region: blocks-worker
pub async fn report_bad(path: std::path::PathBuf) -> std::io::Result<usize> {
    std::thread::sleep(Duration::from_millis(100)); // no other task runs on this worker
    Ok(std::fs::read(path)?.len()) // the same, for as long as the disk takes
}

pub async fn report(path: std::path::PathBuf) -> std::io::Result<usize> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok(tokio::fs::read(path).await?.len())
}
// endregion: blocks-worker

/// A computation that yields, so that other tasks of its worker run.
// region: yield-now
pub async fn total(rows: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for block in rows.chunks(10_000) {
        sum += block.iter().sum::<u64>(); // well below a millisecond
        tokio::task::yield_now().await;
    }
    sum
}
// endregion: yield-now

/// Runs on a thread of its own, so that blocked workers cannot silence it.
#[expect(clippy::disallowed_methods)] // a thread of its own may sleep
pub fn watch_workers(runtime: Handle, step: Duration, report: impl Fn(usize) + Send + 'static) {
    std::thread::spawn(move || {
        // region: watch-workers
        let metrics = runtime.metrics();
        let look = |w| (metrics.worker_park_unpark_count(w), metrics.worker_total_busy_duration(w));
        let mut last: Vec<_> = (0..metrics.num_workers()).map(look).collect();
        loop {
            std::thread::sleep(step);
            let now: Vec<_> = (0..metrics.num_workers()).map(look).collect();
            let stuck = |w: &usize| now[*w] == last[*w] && now[*w].0.is_multiple_of(2);
            (0..now.len()).filter(stuck).for_each(&report); // awake, and no turn since the last look
            last = now;
        }
        // endregion: watch-workers
    });
}

#[cfg(test)]
#[expect(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        time::Instant,
    };
    use tokio::time::{sleep, timeout};

    #[tokio::test]
    async fn the_checksum_is_computed() {
        assert_eq!(checksum_of(vec![1, 2, 3]).await.expect("no panic"), checksum(&[1, 2, 3]));
        let failed = spawn_blocking(|| panic!("broken input")).await.expect_err("a panic");
        assert!(failed.is_panic());
    }

    /// How long a short sleep takes while `work` runs on the only worker.
    async fn delay_beside(work: impl Future<Output = std::io::Result<usize>> + Send + 'static) -> Duration {
        let start = Instant::now();
        let busy = tokio::spawn(work);
        let timer = tokio::spawn(async move {
            sleep(Duration::from_millis(5)).await;
            start.elapsed()
        });
        let late = timer.await.expect("no panic");
        busy.await.expect("no panic").expect("a file");
        late
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_blocked_worker_delays_every_task() {
        let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(delay_beside(report_bad(file.clone())).await >= Duration::from_millis(95));
        assert!(delay_beside(report(file)).await < Duration::from_millis(80));
    }

    async fn most_at_once(loose: bool) -> usize {
        let pool = CpuPool::new(1);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let (now, most) = (now.clone(), most.clone());
            let work = move || {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::sleep(Duration::from_millis(60));
                now.fetch_sub(1, SeqCst);
            };
            let wait = Duration::from_millis(15); // each caller gives up early
            let result = if loose {
                timeout(wait, pool.run_loosely(work)).await
            } else {
                timeout(wait, pool.run(work)).await
            };
            assert!(result.is_err());
        }
        most.load(SeqCst)
    }

    #[tokio::test]
    async fn the_permit_belongs_into_the_closure() {
        assert!(most_at_once(true).await > 1, "callers that gave up freed the slot");
        assert_eq!(most_at_once(false).await, 1);
    }

    #[tokio::test]
    async fn a_started_closure_cannot_be_aborted() {
        let done = Arc::new(AtomicUsize::new(0));
        let (seen, (started, running)) = (done.clone(), std::sync::mpsc::channel());
        let task = spawn_blocking(move || {
            started.send(()).expect("the test waits");
            std::thread::sleep(Duration::from_millis(50));
            seen.fetch_add(1, SeqCst);
        });
        running.recv().expect("it runs");
        task.abort();
        assert!(task.await.is_ok(), "abort had no effect");
        assert_eq!(done.load(SeqCst), 1);
    }

    #[test]
    fn a_closure_that_waits_can_be_aborted() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
        runtime.block_on(async {
            let first = spawn_blocking(|| std::thread::sleep(Duration::from_millis(50)));
            let second = spawn_blocking(|| ());
            second.abort();
            assert!(second.await.expect_err("aborted").is_cancelled());
            first.await.expect("no panic");
        });
    }

    #[tokio::test]
    async fn a_timeout_cannot_end_code_that_does_not_yield() {
        let start = Instant::now();
        let result = timeout(Duration::from_millis(10), async {
            std::thread::sleep(Duration::from_millis(60));
        })
        .await;
        assert!(result.is_ok(), "the future was ready when the timer was looked at");
        assert!(start.elapsed() >= Duration::from_millis(60));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn yielding_lets_others_run() {
        let rows = vec![1; 2_000_000];
        let turns = Arc::new(AtomicUsize::new(0));
        let (seen, before) = (turns.clone(), Arc::new(AtomicUsize::new(0)));
        let noted = before.clone();
        let task = tokio::spawn(async move {
            let other = tokio::spawn(async move {
                for _ in 0..20 {
                    seen.fetch_add(1, SeqCst);
                    tokio::task::yield_now().await;
                }
            });
            let sum = total(&rows).await;
            noted.store(turns.load(SeqCst), SeqCst);
            other.await.expect("no panic");
            sum
        });
        assert_eq!(task.await.expect("no panic"), 2_000_000);
        assert_eq!(before.load(SeqCst), 20, "the other task ran between the blocks");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_watch_names_the_blocked_worker() {
        let stuck = Arc::new(Mutex::new(Vec::new()));
        let seen = stuck.clone();
        sleep(Duration::from_millis(20)).await;
        watch_workers(Handle::current(), Duration::from_millis(40), move |worker| {
            seen.lock().expect("no panic").push(worker);
        });
        sleep(Duration::from_millis(100)).await;
        assert!(stuck.lock().expect("no panic").is_empty(), "idle workers are parked");
        let until = Instant::now() + Duration::from_millis(120);
        let busy = tokio::spawn(async move {
            while Instant::now() < until {
                tokio::task::yield_now().await;
            }
        });
        busy.await.expect("no panic");
        assert!(stuck.lock().expect("no panic").is_empty(), "busy, but it turns");
        let blocked = tokio::spawn(async {
            std::thread::sleep(Duration::from_millis(150));
            tokio::runtime::worker_index().expect("on a worker")
        });
        let worker = blocked.await.expect("no panic");
        assert!(stuck.lock().expect("no panic").contains(&worker));
    }
}
