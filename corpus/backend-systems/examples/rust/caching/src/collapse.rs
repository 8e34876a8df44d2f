//! One load per key among all tasks of the process.

use crate::aside::UserReader;
use crate::users::{LoadError, User};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;

pub struct CollapsingReader {
    pub reader: UserReader,
    recent: Cache<i64, User>,
}

impl CollapsingReader {
    pub fn new(reader: UserReader) -> Self {
        // region: collapse-misses
        let recent = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(1)).build();
        // endregion: collapse-misses
        Self { reader, recent }
    }

    // region: collapse-get
    /// Tasks that miss the same id wait for one load: Redis, then the database.
    pub async fn get(&self, id: i64) -> Result<User, Arc<LoadError>> {
        self.recent.try_get_with(id, self.reader.get(id)).await
    }
    // endregion: collapse-get
}
