//! What a dead Redis does to the database: once without a guard, once with ReadCache.

use caching::client::cache_client;
use caching::readcache::{Config, ReadCache};
use redis::{AsyncCommands, RedisResult, aio::ConnectionManager};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::task::JoinSet;

#[derive(Default)]
struct Database {
    loads: AtomicU64,
    running: AtomicU64,
    peak: AtomicU64,
}

impl Database {
    async fn load(&self, id: usize) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
        self.loads.fetch_add(1, SeqCst);
        self.peak.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.running.fetch_sub(1, SeqCst);
        Ok(Some(format!("product {id}")))
    }
}

/// Sends 200 requests for 20 products at once. Returns how many failed.
async fn burst<F>(get: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let requests: JoinSet<bool> = (0..200).map(|n| get(n % 20)).collect();
    requests.join_all().await.iter().filter(|&&ok| !ok).count()
}

async fn fall_through(mut redis: ConnectionManager, db: Arc<Database>, id: usize) -> bool {
    let cached: RedisResult<String> = redis.get(format!("product:{id}")).await;
    cached.is_ok() || db.load(id).await.is_ok()
}

async fn through_cache(cache: Arc<ReadCache<String>>, db: Arc<Database>, id: usize) -> bool {
    cache.get(&id.to_string(), db.load(id)).await.is_ok()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let redis = cache_client(&format!("redis://{}/", dead_address()?))?;

    let db = Arc::new(Database::default());
    let failed = burst(|id| fall_through(redis.clone(), db.clone(), id)).await;
    println!("fall through: 200 requests, {} loads, {failed} failed", db.loads.load(SeqCst));

    let db = Arc::new(Database::default());
    let cache = Arc::new(ReadCache::new(Config {
        redis,
        prefix: "shop:product:v1:",
        ttl: Duration::from_secs(300),
        absent_ttl: Duration::from_secs(30),
        recent: Duration::from_secs(1),
        load_timeout: Duration::from_secs(2),
        max_loads: 4,
    }));
    let failed = burst(|id| through_cache(cache.clone(), db.clone(), id)).await;
    let (loads, peak) = (db.loads.load(SeqCst), db.peak.load(SeqCst));
    println!("readcache:    200 requests, {loads} loads, at most {peak} at once, {failed} failed");
    let asked = cache.failures.load(SeqCst);
    burst(|id| through_cache(cache.clone(), db.clone(), id + 20)).await; // other products
    println!("second burst: Redis asked {} times", cache.failures.load(SeqCst) - asked);
    Ok(())
}

/// A loopback port that nobody listens on.
fn dead_address() -> std::io::Result<std::net::SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}
