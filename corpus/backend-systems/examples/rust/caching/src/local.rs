//! A bounded cache in the process, and the map that is none.

use moka::future::Cache;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

// region: bounded-local
pub fn page_cache(max_bytes: u64) -> Cache<String, Arc<[u8]>> {
    Cache::builder()
        .max_capacity(max_bytes) // of the weigher's unit, here bytes
        .weigher(|key: &String, page: &Arc<[u8]>| {
            (key.len() + page.len() + 100) as u32 // 100: overhead of an entry, roughly
        })
        .time_to_live(Duration::from_secs(60))
        .build()
}
// endregion: bounded-local

// region: unbounded-map
#[derive(Default)]
pub struct MapCache {
    pages: RwLock<HashMap<String, Arc<[u8]>>>, // grows with every key that was ever asked for
}

impl MapCache {
    pub fn set(&self, key: String, page: Arc<[u8]>) {
        self.pages.write().expect("no panic holds it").insert(key, page);
    }
}
// endregion: unbounded-map

impl MapCache {
    pub fn len(&self) -> usize {
        self.pages.read().expect("no panic holds it").len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
