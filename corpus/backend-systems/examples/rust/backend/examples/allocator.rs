//! Another allocator for the whole program.

// region: allocator
use mimalloc::MiMalloc;

#[global_allocator] // in the binary, never in a library: a program has one
static ALLOCATOR: MiMalloc = MiMalloc;
// endregion: allocator

/// Threads that build many short strings: what JSON does to an allocator.
fn main() {
    let started = std::time::Instant::now();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            threads.spawn(move || {
                (0..100_000).map(|order| format!("order-{order}-{thread}").len()).sum::<usize>()
            });
        }
    });
    println!("{:?}", started.elapsed());
}
