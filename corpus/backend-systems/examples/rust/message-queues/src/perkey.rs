//! Keys in parallel, the messages of one key in order.

use futures::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;

/// Commit the batch when it returns Ok.
pub async fn handle_batch<M, E, Fut>(
    batch: Vec<(String, M)>,
    parallel: usize,
    handle: impl Fn(M) -> Fut,
) -> Result<(), E>
where
    Fut: Future<Output = Result<(), E>>,
{
    // region: per-key
    let mut by_key: HashMap<String, Vec<M>> = HashMap::new();
    for (key, message) in batch {
        by_key.entry(key).or_default().push(message); // keeps the order inside a key
    }
    let in_order = |messages: Vec<M>| stream::iter(messages).map(Ok).try_for_each(&handle);
    stream::iter(by_key.into_values()).map(Ok).try_for_each_concurrent(parallel, in_order).await
    // endregion: per-key
}
