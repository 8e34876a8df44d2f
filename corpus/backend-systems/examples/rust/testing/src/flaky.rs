//! What makes tests fail now and then, each beside its cure.

use std::collections::{BTreeMap, HashMap};

// region: map-order
pub fn summary_bad(counts: &HashMap<&str, u32>) -> String {
    let parts: Vec<String> = counts.iter().map(|(name, count)| format!("{name}={count}")).collect();
    parts.join(",") // another order for each map
}

pub fn summary(counts: &HashMap<&str, u32>) -> String {
    let sorted: BTreeMap<_, _> = counts.iter().collect();
    let parts: Vec<String> = sorted.iter().map(|(name, count)| format!("{name}={count}")).collect();
    parts.join(",")
}
// endregion: map-order

// region: config-by-argument
pub struct Settings {
    pub region: String,
}

impl Settings {
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self { region: variable("REGION").unwrap_or_else(|| "eu".to_owned()) }
    }
} // main: Settings::read(|name| std::env::var(name).ok())
// endregion: config-by-argument

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, net::TcpListener, time::Duration};

    #[test]
    fn the_order_of_a_hash_map_differs_from_map_to_map() {
        let pairs = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)];
        let all = |print: fn(&HashMap<&str, u32>) -> String| {
            (0..50).map(|_| print(&HashMap::from(pairs))).collect::<HashSet<_>>()
        };
        assert!(all(summary_bad).len() > 1);
        assert_eq!(all(summary), HashSet::from(["a=1,b=2,c=3,d=4,e=5".to_owned()]));
    }

    #[test]
    fn settings_come_from_an_argument() {
        assert_eq!(Settings::read(|_| None).region, "eu");
        assert_eq!(Settings::read(|name| (name == "REGION").then(|| "us".into())).region, "us");
    }

    #[test]
    fn a_fixed_port_is_taken_twice() {
        let first = TcpListener::bind("127.0.0.1:0").expect("the system chooses a free port");
        let taken = first.local_addr().expect("bound");
        let error = TcpListener::bind(taken).expect_err("taken");
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        assert!(TcpListener::bind("127.0.0.1:0").is_ok());
    }

    // region: lost-panic
    #[tokio::test]
    async fn a_panic_in_a_detached_task_does_not_fail_the_test() {
        tokio::spawn(async { assert_eq!(1 + 1, 3) }); // printed, and lost
        tokio::task::yield_now().await;
    } // passes

    #[tokio::test]
    #[should_panic(expected = "left: 2")]
    async fn an_awaited_task_does() {
        tokio::spawn(async { assert_eq!(1 + 1, 3, "left: {}", 1 + 1) }).await.unwrap();
    }
    // endregion: lost-panic

    /// A server on a thread of its own, which answers one connection after 50 ms.
    fn slow_server() -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            std::thread::sleep(Duration::from_millis(50));
            let _ = std::io::Write::write_all(&mut stream, b"hello");
        });
        address
    }

    async fn read_within_a_minute(address: std::net::SocketAddr) -> bool {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
        let mut buffer = [0; 5];
        let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut buffer);
        tokio::time::timeout(Duration::from_secs(60), read).await.is_ok()
    }

    // region: paused-io
    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_runs_ahead_of_real_io() {
        let start = std::time::Instant::now();
        assert!(!read_within_a_minute(slow_server()).await); // the minute was over at once
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    // endregion: paused-io

    #[tokio::test]
    async fn a_running_clock_waits_for_it() {
        assert!(read_within_a_minute(slow_server()).await);
    }

    static SEEN: std::sync::Mutex<Vec<&str>> = std::sync::Mutex::new(Vec::new());

    /// All tests of one binary share its statics, on whichever thread they run.
    #[test]
    fn statics_are_shared_between_the_tests_of_a_process() {
        let note = |name| {
            let mut seen = SEEN.lock().expect("no panic");
            seen.push(name);
            seen.len()
        };
        assert_eq!(note("first"), 1);
        let second = std::thread::spawn(move || note("second"));
        assert_eq!(second.join().expect("no panic"), 2, "another thread, the same static");
    }

    #[test]
    fn a_socket_of_one_runtime_fails_in_the_next() {
        let runtime =
            || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let first = runtime();
        let stream = first.block_on(tokio::net::TcpStream::connect(address)).expect("connected");
        drop(first); // as at the end of one #[tokio::test]
        let error = runtime().block_on(async {
            tokio::time::timeout(Duration::from_secs(1), stream.readable()).await.expect("at once")
        });
        let text = error.expect_err("the runtime is gone").to_string();
        assert_eq!(text, "A Tokio 1.x context was found, but it is being shutdown.");
    }
}
