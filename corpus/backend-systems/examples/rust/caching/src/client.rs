//! A Redis client for a cache: it gives up early.

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};
use std::time::Duration;

// region: client-timeouts
pub fn cache_client(url: &str) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(Duration::from_millis(200)))
        .set_response_timeout(Some(Duration::from_millis(100)))
        .set_number_of_retries(0); // a miss is cheaper than a second wait
    // Lazy: the service starts while Redis is away.
    ConnectionManager::new_lazy_with_config(Client::open(url)?, config)
}
// endregion: client-timeouts
