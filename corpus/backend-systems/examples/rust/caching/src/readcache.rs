//! Redis in front of a slow loader. A Redis outage costs latency, not availability: loads are
//! collapsed per key, bounded in number, and Redis is left alone for a while.

use moka::future::Cache;
use redis::{AsyncCommands, RedisError, RedisResult, SetExpiry, SetOptions, aio::ConnectionManager};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::timeout;

const MAX_FAILURES: u32 = 5;
const COOLDOWN: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("too many loads")] // answer 503
    Busy,
    #[error("load: {0}")]
    Load(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The parameters. All of them are required.
pub struct Config {
    pub redis: ConnectionManager, // with short timeouts
    pub prefix: &'static str,     // service, entity and version of the stored form: "shop:user:v3:"
    pub ttl: Duration,            // longest life of a stale entry
    pub absent_ttl: Duration,     // the same for "not found"; shorter
    pub recent: Duration,         // life of the copy in the process; a second
    pub load_timeout: Duration,   // waiting for a slot and loading
    pub max_loads: usize,         // loads at the same time in this process
}

/// Reads through Redis. `None` is an absent row, and is cached as JSON `null`.
pub struct ReadCache<V> {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub failures: AtomicU64,
    recent: Cache<String, Option<V>>,
    slots: Semaphore,
    in_a_row: AtomicU32,
    skipped_until: Mutex<Instant>,
    config: Config,
}

impl<V: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> ReadCache<V> {
    pub fn new(config: Config) -> Self {
        Self {
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            recent: Cache::builder().max_capacity(10_000).time_to_live(config.recent).build(),
            slots: Semaphore::new(config.max_loads),
            in_a_row: AtomicU32::new(0),
            skipped_until: Mutex::new(Instant::now()),
            config,
        }
    }

    /// The value of `id`, or `None` when the loader found no row. `load` runs only on a miss.
    pub async fn get<F>(&self, id: &str, load: F) -> Result<Option<V>, Arc<ReadError>>
    where
        F: Future<Output = Result<Option<V>, Box<dyn std::error::Error + Send + Sync>>>,
    {
        let key = format!("{}{id}", self.config.prefix);
        self.recent.try_get_with(key.clone(), self.read(&key, load)).await
    }

    /// Drops the entry. Call it after the transaction has committed; other pods keep their
    /// copy for `recent`.
    pub async fn invalidate(&self, id: &str) -> RedisResult<()> {
        let key = format!("{}{id}", self.config.prefix);
        self.recent.invalidate(&key).await;
        self.config.redis.clone().unlink(key).await
    }

    async fn read<F>(&self, key: &str, load: F) -> Result<Option<V>, ReadError>
    where
        F: Future<Output = Result<Option<V>, Box<dyn std::error::Error + Send + Sync>>>,
    {
        if let Some(value) = self.ask_redis(key).await {
            self.hits.fetch_add(1, Relaxed);
            return Ok(value);
        }
        self.misses.fetch_add(1, Relaxed);
        let loading = async {
            let _slot = self.slots.acquire().await.expect("never closed");
            load.await.map_err(ReadError::Load)
        };
        let value = timeout(self.config.load_timeout, loading).await.map_err(|_| ReadError::Busy)??;
        self.to_redis(key, &value).await;
        Ok(value)
    }

    async fn ask_redis(&self, key: &str) -> Option<Option<V>> {
        if self.is_skipped() {
            return None;
        }
        let raw: RedisResult<Option<Vec<u8>>> = self.config.redis.clone().get(key).await;
        self.watch(raw.as_ref().err());
        serde_json::from_slice(&raw.ok()??).ok() // an unreadable entry is a miss
    }

    async fn to_redis(&self, key: &str, value: &Option<V>) {
        let Ok(raw) = serde_json::to_vec(value) else {
            return;
        };
        if self.is_skipped() {
            return;
        }
        let longest = if value.is_some() { self.config.ttl } else { self.config.absent_ttl };
        let ttl = longest.mul_f64(1.0 - rand::random_range(0.0..0.1));
        let options = SetOptions::default().with_expiration(SetExpiry::PX(ttl.as_millis() as u64));
        let set: RedisResult<()> = self.config.redis.clone().set_options(key, raw, options).await;
        self.watch(set.as_ref().err());
    }

    fn is_skipped(&self) -> bool {
        Instant::now() < *self.skipped_until.lock().expect("no panic holds it")
    }

    /// Counts failures; after MAX_FAILURES in a row Redis is not asked for a cooldown.
    fn watch(&self, error: Option<&RedisError>) {
        if error.is_none() {
            self.in_a_row.store(0, Relaxed);
            return;
        }
        self.failures.fetch_add(1, Relaxed);
        if self.in_a_row.fetch_add(1, Relaxed) + 1 >= MAX_FAILURES {
            self.in_a_row.store(0, Relaxed);
            *self.skipped_until.lock().expect("no panic holds it") = Instant::now() + COOLDOWN;
        }
    }
}
