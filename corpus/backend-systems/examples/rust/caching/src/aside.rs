//! Cache-aside reads.

use crate::users::{Database, LoadError, User, user_key};
use redis::{AsyncCommands, RedisResult, SetExpiry, SetOptions, aio::ConnectionManager};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub const USER_TTL: Duration = Duration::from_secs(300);

pub struct UserReader {
    pub redis: ConnectionManager,
    pub db: Database,
    pub cache_errors: AtomicU64,
}

impl UserReader {
    // region: cache-aside
    pub async fn get(&self, id: i64) -> Result<User, LoadError> {
        match self.cached(id).await {
            Ok(Some(user)) => return Ok(user),
            Ok(None) => {}
            Err(_) => _ = self.cache_errors.fetch_add(1, Relaxed), // Redis down: a miss as well
        }
        let user = self.db.load(id).await?;
        _ = self.fill(&user).await; // the request succeeds without the cache
        Ok(user)
    }
    // endregion: cache-aside

    async fn cached(&self, id: i64) -> RedisResult<Option<User>> {
        let raw: Option<Vec<u8>> = self.redis.clone().get(user_key(id)).await?;
        Ok(raw.and_then(|raw| serde_json::from_slice(&raw).ok())) // unreadable is a miss
    }

    // region: ttl-jitter
    /// Never writes an entry without an expiry, and shortens each one by up to 10 %.
    pub async fn fill(&self, user: &User) -> RedisResult<()> {
        let raw = serde_json::to_vec(user).expect("a struct of plain fields");
        let ttl = SetExpiry::PX(jittered(USER_TTL).as_millis() as u64);
        let options = SetOptions::default().with_expiration(ttl);
        self.redis.clone().set_options(user_key(user.id), raw, options).await
    }
    // endregion: ttl-jitter
}

// region: jittered
pub fn jittered(ttl: Duration) -> Duration {
    ttl.mul_f64(1.0 - rand::random_range(0.0..0.1))
}
// endregion: jittered

/// What the pitfalls warn of: no expiry, and every Redis error is the caller's error.
// region: naive-get
pub async fn naive_get(con: &mut ConnectionManager, db: &Database, id: i64) -> Result<User, LoadError> {
    let failed = |e: redis::RedisError| LoadError::Database(e.to_string());
    if let Some(raw) = con.get::<_, Option<String>>(user_key(id)).await.map_err(failed)? {
        return serde_json::from_str(&raw).map_err(|e| LoadError::Database(e.to_string()));
    }
    let user = db.load(id).await?; // an update may commit after this read
    let raw = serde_json::to_string(&user).expect("plain fields");
    let _: () = con.set(user_key(id), raw).await.map_err(failed)?; // never expires
    Ok(user)
}
// endregion: naive-get
