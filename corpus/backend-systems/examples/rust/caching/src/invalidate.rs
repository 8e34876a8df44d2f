//! Invalidation after the commit.

use crate::users::{Database, LoadError, user_key};
use redis::{AsyncCommands, RedisResult, aio::ConnectionManager};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

pub struct UserWriter {
    pub redis: ConnectionManager,
    pub db: Database,
    pub lost: Arc<AtomicU64>,
}

impl UserWriter {
    // region: delete-after-commit
    /// Commits first and deletes the cache entry afterwards.
    pub async fn rename(&self, id: i64, name: &str) -> Result<(), LoadError> {
        self.db.rename(id, name).await?; // returns after COMMIT
        let (mut redis, lost) = (self.redis.clone(), self.lost.clone());
        let delete = tokio::spawn(async move {
            let done: RedisResult<u64> = redis.unlink(user_key(id)).await;
            done.inspect_err(|_| _ = lost.fetch_add(1, Relaxed)) // the TTL ends the stale entry
        });
        _ = delete.await; // a dropped request future does not cancel the task
        Ok(())
    }
    // endregion: delete-after-commit
}
