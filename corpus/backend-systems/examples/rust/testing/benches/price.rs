//! Run with `cargo bench -p testing`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use testing::price::parse_price;

// region: bench
fn read_prices(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prices");
    group.throughput(Throughput::Elements(1000));
    let texts = || (0..1000).map(|cents| format!("{}.50", cents)).collect::<Vec<_>>();
    group.bench_function("parse", |bencher| {
        bencher.iter_batched(
            texts, // not measured
            |texts| texts.iter().filter(|text| parse_price(black_box(text)).is_ok()).count(),
            BatchSize::SmallInput,
        );
    });
}
// endregion: bench

criterion_group!(benches, read_prices);
criterion_main!(benches);
