//! Building a runtime, and crossing between synchronous and asynchronous code.

use std::{
    io::{self, BufRead},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::mpsc::Sender,
    task::JoinHandle,
};

/// Starts the service's runtime by hand; `serve` stands for the service.
// region: build-runtime
pub fn run(serve: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(4) // default: one per available core
        .max_blocking_threads(64) // default: 512
        .thread_name("orders")
        .enable_all() // timers and I/O
        .build()?;
    let served = runtime.block_on(serve);
    runtime.shutdown_timeout(Duration::from_secs(5)); // a plain drop waits without limit
    served
}
// endregion: build-runtime

/// Feeds lines of a synchronous reader into asynchronous code.
// region: blocking-send
pub fn feed(input: impl BufRead + Send + 'static, lines: Sender<String>) -> JoinHandle<io::Result<()>> {
    tokio::task::spawn_blocking(move || {
        for line in input.lines() {
            if lines.blocking_send(line?).is_err() {
                break; // the receiver is gone
            }
        }
        Ok(())
    })
}
// endregion: blocking-send

/// A synchronous face for an asynchronous client, such as a library called from a thread.
pub struct BlockingClient {
    runtime: Runtime,
}

impl BlockingClient {
    pub fn new() -> io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()? })
    }

    pub fn load(&self, id: u64) -> String {
        self.runtime.block_on(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            format!("order {id}")
        })
    }
}

/// The mistake: a synchronous helper that blocks on a future, called from a task.
// region: nested-block-on
pub fn load_now(handle: &Handle, id: u64) -> String {
    handle.block_on(load(id)) // panics when the caller already runs on the runtime
}

pub async fn load(id: u64) -> String {
    tokio::task::yield_now().await;
    format!("order {id}")
}
// endregion: nested-block-on

#[cfg(test)]
#[expect(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use tokio::sync::mpsc;

    fn panic_text(work: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("a panic");
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string())).expect("a text")
    }

    #[test]
    fn a_runtime_is_built_and_stopped() {
        run(async {
            let name = std::thread::current().name().map(str::to_owned);
            assert_ne!(name.as_deref(), Some("orders"), "block_on runs on the calling thread");
            let task = tokio::spawn(async { std::thread::current().name().map(str::to_owned) });
            assert_eq!(task.await.expect("no panic").as_deref(), Some("orders"));
            assert_eq!(Handle::current().metrics().num_workers(), 4);
            Ok(())
        })
        .expect("a runtime");
    }

    #[test]
    fn shutdown_timeout_leaves_a_blocking_closure_behind() {
        let start = std::time::Instant::now();
        let runtime = Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        runtime.spawn_blocking(|| std::thread::sleep(Duration::from_millis(400)));
        runtime.shutdown_timeout(Duration::from_millis(20));
        assert!(start.elapsed() < Duration::from_millis(300));

        let start = std::time::Instant::now();
        let runtime = Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        let (started, running) = std::sync::mpsc::channel();
        runtime.spawn_blocking(move || {
            started.send(()).expect("the test waits");
            std::thread::sleep(Duration::from_millis(100));
        });
        running.recv().expect("it runs");
        drop(runtime);
        assert!(start.elapsed() >= Duration::from_millis(100), "a drop waits for the closure");
    }

    #[tokio::test]
    async fn lines_reach_the_task() {
        let (sender, mut lines) = mpsc::channel(1);
        let reader = feed(io::Cursor::new("a\nb\nc\n"), sender);
        let mut got = Vec::new();
        while let Some(line) = lines.recv().await {
            got.push(line);
        }
        assert_eq!(got, ["a", "b", "c"]);
        reader.await.expect("no panic").expect("read");
    }

    #[test]
    fn a_blocking_client_works_outside_a_runtime() {
        assert_eq!(BlockingClient::new().expect("a runtime").load(7), "order 7");
    }

    #[test]
    fn block_on_inside_a_task_panics() {
        let runtime = Runtime::new().expect("a runtime");
        let text = panic_text(|| {
            runtime.block_on(async {
                load_now(&Handle::current(), 1);
            })
        });
        assert!(text.starts_with("Cannot start a runtime from within a runtime."), "{text}");
        let fine = runtime.block_on(async {
            let handle = Handle::current();
            tokio::task::spawn_blocking(move || load_now(&handle, 1)).await
        });
        assert_eq!(fine.expect("no panic"), "order 1");
        let inside = runtime
            .block_on(async {
                tokio::spawn(async { tokio::task::block_in_place(|| load_now(&Handle::current(), 2)) }).await
            })
            .expect("block_in_place may call block_on");
        assert_eq!(inside, "order 2");
    }

    #[test]
    fn dropping_a_runtime_in_a_task_panics() {
        let runtime = Runtime::new().expect("a runtime");
        let text = panic_text(|| runtime.block_on(async { drop(BlockingClient::new()) }));
        assert!(
            text.starts_with("Cannot drop a runtime in a context where blocking is not allowed."),
            "{text}"
        );
    }

    #[test]
    fn timers_and_spawn_need_a_runtime() {
        let expected = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
        let text = panic_text(|| drop(tokio::spawn(async {})));
        assert_eq!(text, expected);
        let text = panic_text(|| drop(tokio::time::sleep(Duration::ZERO)));
        assert_eq!(text, expected);
        let text = panic_text(|| {
            futures::executor::block_on(tokio::time::sleep(Duration::from_millis(1)));
        });
        assert_eq!(text, expected, "another executor does not help");
        let runtime = Runtime::new().expect("a runtime");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _entered = runtime.enter();
                drop(tokio::spawn(async {}));
            });
        });
    }

    #[test]
    fn timers_need_to_be_enabled() {
        let bare = Builder::new_current_thread().build().expect("a runtime");
        let text = panic_text(|| bare.block_on(async { tokio::time::sleep(Duration::ZERO).await }));
        assert!(text.contains("timers are disabled"), "{text}");
        let text = panic_text(|| {
            let one = Builder::new_current_thread().build().expect("a runtime");
            one.block_on(async { tokio::task::block_in_place(|| ()) });
        });
        assert_eq!(text, "can call blocking only when running on the multi-threaded runtime");
    }

    #[test]
    fn a_local_runtime_runs_tasks_that_are_not_send() {
        use tokio::runtime::LocalRuntime;
        let runtime = LocalRuntime::new().expect("a runtime");
        let sum = runtime.block_on(async {
            let shared = std::rc::Rc::new(std::cell::Cell::new(1));
            let copy = shared.clone();
            tokio::task::spawn_local(async move {
                tokio::task::yield_now().await;
                copy.set(copy.get() + 1);
            })
            .await
            .expect("no panic");
            shared.get()
        });
        assert_eq!(sum, 2);
    }
}
