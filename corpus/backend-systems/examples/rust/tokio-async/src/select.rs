//! `select!`, and what is lost when it drops a future.

use std::{pin::pin, time::Duration};

use futures::StreamExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, interval, sleep, sleep_until},
};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

/// The mistake: each tick drops the half-read frame.
// region: read-exact-in-select
pub async fn frames_bad(mut socket: impl AsyncRead + Unpin, out: mpsc::Sender<Vec<u8>>) {
    let mut tick = interval(Duration::from_secs(1));
    let mut frame = [0; 4];
    loop {
        tokio::select! {
            read = socket.read_exact(&mut frame) => match read {
                Ok(_) => out.send(frame.to_vec()).await.expect("a reader"),
                Err(_) => break,
            },
            _ = tick.tick() => {} // report the queue's length
        }
    }
}
// endregion: read-exact-in-select

// region: framed-in-select
pub async fn frames(socket: impl AsyncRead + Unpin, out: mpsc::Sender<Vec<u8>>) {
    let codec = LengthDelimitedCodec::builder().length_field_length(1).new_codec();
    let mut frames = FramedRead::new(socket, codec); // keeps half a frame in its own buffer
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Some(Ok(frame)) = frames.next() => out.send(frame.to_vec()).await.expect("a reader"),
            _ = tick.tick() => {} // report the queue's length
            else => break,
        }
    }
}
// endregion: framed-in-select

/// The mistake: each message starts a new sleep, so a busy channel never sees its end.
// region: sleep-in-loop
pub async fn flush_bad(mut rows: mpsc::Receiver<u32>, flush: impl Fn(usize)) {
    let mut waiting = 0;
    loop {
        tokio::select! {
            row = rows.recv() => match row {
                Some(_) => waiting += 1,
                None => break,
            },
            () = sleep(Duration::from_secs(30)) => flush(waiting),
        }
    }
}
// endregion: sleep-in-loop

// region: deadline-in-loop
pub async fn flush(mut rows: mpsc::Receiver<u32>, flush: impl Fn(usize)) {
    let (mut waiting, period) = (0, Duration::from_secs(30));
    let mut due = Instant::now() + period;
    loop {
        tokio::select! {
            row = rows.recv() => match row { Some(_) => waiting += 1, None => break },
            () = sleep_until(due) => {
                flush(std::mem::take(&mut waiting));
                due = Instant::now() + period;
            }
        }
    }
}
// endregion: deadline-in-loop

// region: keep-future
pub async fn with_progress(work: impl Future<Output = u64>, report: impl Fn()) -> u64 {
    let mut work = pin!(work); // once, before the loop
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = tick.tick() => report(),
        }
    }
}
// endregion: keep-future

/// The mistake: the future is polled again after it has finished.
// region: polled-again
pub async fn race_bad(work: impl Future<Output = u64>, mut more: mpsc::Receiver<u64>) -> u64 {
    let mut work = pin!(work);
    let mut sum = 0;
    loop {
        tokio::select! {
            result = &mut work => sum += result, // the loop goes on and polls `work` again
            Some(next) = more.recv() => sum += next,
            else => return sum,
        }
    }
}
// endregion: polled-again

// region: precondition
pub async fn race(work: impl Future<Output = u64>, mut more: mpsc::Receiver<u64>) -> u64 {
    let mut work = pin!(work);
    let (mut sum, mut working) = (0, true);
    loop {
        tokio::select! {
            result = &mut work, if working => { sum += result; working = false; }
            Some(next) = more.recv() => sum += next,
            else => return sum, // `working` is false and the channel is closed
        }
    }
}
// endregion: precondition

/// The mistake: `update` waits in the lock's queue, gets the lock, and nobody polls it.
// region: futurelock
pub async fn save_bad(lock: &Mutex<u32>) {
    let mut update = pin!(add(lock));
    tokio::select! {
        () = &mut update => {}
        () = sleep(Duration::from_secs(1)) => {
            add(lock).await; // waits for a lock that the sleeping `update` was given
        }
    }
}

pub async fn add(lock: &Mutex<u32>) {
    *lock.lock().await += 1;
}
// endregion: futurelock

pub async fn save(lock: &Mutex<u32>) {
    tokio::select! {
        () = add(lock) => {}
        () = sleep(Duration::from_secs(1)) => add(lock).await, // the first future was dropped
    }
}

/// Waits for an answer or a hint that nobody will give one.
pub async fn answer_or(answer: oneshot::Receiver<u64>, default: u64) -> u64 {
    tokio::select! {
        Ok(answer) = answer => answer,
        else => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        cell::{Cell, RefCell},
        sync::Arc,
    };
    use tokio::{io::AsyncWriteExt, time::timeout};

    #[tokio::test(start_paused = true)]
    async fn read_exact_in_select_loses_bytes() {
        let (mut wire, socket) = tokio::io::duplex(64);
        let (out, mut frames) = mpsc::channel(8);
        let reader = tokio::spawn(frames_bad(socket, out));
        for half in [b"ab", b"cd", b"ef", b"gh"] {
            wire.write_all(half).await.expect("open");
            sleep(Duration::from_millis(1500)).await;
        }
        drop(wire);
        reader.await.expect("no panic");
        let mut got = Vec::new();
        while let Some(frame) = frames.recv().await {
            got.push(frame);
        }
        assert_ne!(got, [b"abcd", b"efgh"], "half frames were lost");
    }

    #[tokio::test(start_paused = true)]
    async fn a_framed_reader_keeps_them() {
        let (mut wire, socket) = tokio::io::duplex(64);
        let (out, mut read) = mpsc::channel(8);
        tokio::spawn(frames(socket, out));
        for half in [b"\x04ab", b"cd\x04", b"efg"] {
            wire.write_all(half).await.expect("open");
            sleep(Duration::from_millis(1500)).await;
        }
        wire.write_all(b"h").await.expect("open");
        assert_eq!(read.recv().await.as_deref(), Some(b"abcd".as_slice()));
        assert_eq!(read.recv().await.as_deref(), Some(b"efgh".as_slice()));
    }

    async fn feed(rows: mpsc::Sender<u32>) {
        for row in 0..12 {
            rows.send(row).await.expect("a reader");
            sleep(Duration::from_secs(10)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_made_in_the_loop_never_ends() {
        for (bad, expected) in [(true, 0), (false, 3)] {
            let (sender, rows) = mpsc::channel(1);
            let flushes = Cell::new(0);
            let count = |_| flushes.set(flushes.get() + 1);
            if bad {
                tokio::join!(feed(sender), flush_bad(rows, count));
            } else {
                tokio::join!(feed(sender), flush(rows, count));
            }
            assert!(flushes.get() >= expected && (flushes.get() > 0) != bad, "{}", flushes.get());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pinned_future_goes_on() {
        let reports = Cell::new(0);
        let work = async {
            sleep(Duration::from_millis(3500)).await;
            7
        };
        assert_eq!(with_progress(work, || reports.set(reports.get() + 1)).await, 7);
        assert_eq!(reports.get(), 4, "the first tick comes at once");
    }

    #[tokio::test]
    #[should_panic(expected = "`async fn` resumed after completion")]
    async fn a_finished_future_must_not_be_polled() {
        let (sender, more) = mpsc::channel(1);
        async fn seven() -> u64 {
            7
        }
        let _open = sender;
        race_bad(seven(), more).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_precondition_switches_a_branch_off() {
        let (sender, more) = mpsc::channel(4);
        let feeder = async move {
            for next in 1..=3 {
                sender.send(next).await.expect("a reader");
                sleep(Duration::from_secs(1)).await;
            }
        };
        let (sum, ()) = tokio::join!(race(async { 7 }, more), feeder);
        assert_eq!(sum, 13);
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_that_is_not_polled_keeps_its_place_and_blocks() {
        for (bad, expected) in [(true, true), (false, false)] {
            let lock = Arc::new(Mutex::new(0));
            let held = lock.clone().lock_owned().await;
            tokio::spawn(async move {
                sleep(Duration::from_secs(5)).await;
                drop(held);
            });
            let hangs = if bad {
                timeout(Duration::from_secs(3600), save_bad(&lock)).await.is_err()
            } else {
                timeout(Duration::from_secs(3600), save(&lock)).await.is_err()
            };
            assert_eq!(hangs, expected);
        }
    }

    #[tokio::test]
    #[should_panic(expected = "all branches are disabled and there is no else branch")]
    async fn select_without_else_panics() {
        let (sender, mut queue) = mpsc::channel::<u64>(1);
        drop(sender);
        tokio::select! {
            Some(_) = queue.recv() => {}
        }
    }

    #[tokio::test]
    async fn else_runs_when_every_pattern_failed() {
        let (sender, answer) = oneshot::channel();
        drop(sender);
        assert_eq!(answer_or(answer, 3).await, 3);
    }

    #[tokio::test]
    async fn biased_polls_in_order_and_the_default_does_not() {
        let winners = RefCell::new([0_u32; 2]);
        for _ in 0..200 {
            tokio::select! {
                () = async {} => winners.borrow_mut()[0] += 1,
                () = async {} => winners.borrow_mut()[1] += 1,
            }
        }
        assert!(winners.borrow().iter().all(|wins| *wins > 20), "{winners:?}");
        for _ in 0..20 {
            tokio::select! {
                biased;
                () = async {} => {}
                () = async {} => panic!("the first is ready"),
            }
        }
    }
}
