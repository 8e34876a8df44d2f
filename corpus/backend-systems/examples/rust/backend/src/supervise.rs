//! Parts that belong together: when one ends, the service ends.

use tokio::task::JoinSet;

// region: supervise
/// Waits for the first part that ends, and says how. `main` then stops the rest and returns the error.
pub async fn first_end(parts: &mut JoinSet<&'static str>) -> anyhow::Error {
    match parts.join_next().await {
        Some(Ok(name)) => anyhow::anyhow!("{name} ended by itself"),
        Some(Err(error)) => anyhow::anyhow!(error).context("a part panicked or was aborted"),
        None => anyhow::anyhow!("no part was started"),
    }
}
// endregion: supervise
