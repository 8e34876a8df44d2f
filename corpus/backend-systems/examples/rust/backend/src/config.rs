//! Settings from the environment, checked once at start-up.

use std::net::SocketAddr;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

// region: settings
/// Everything that differs between environments. Secrets print as `[REDACTED]`.
#[derive(Debug, Deserialize)]
pub struct Settings {
    pub listen: SocketAddr,
    pub database_url: SecretString,
    pub pool_size: u32,
    pub request_timeout_ms: u64,
}
// endregion: settings

/// What holds where nothing else is said; no secret has a default.
#[derive(Serialize)]
struct Defaults {
    listen: &'static str,
    pool_size: u32,
    request_timeout_ms: u64,
}

// region: load
pub fn load(file: &str) -> anyhow::Result<Settings> {
    let defaults = Defaults { listen: "127.0.0.1:8080", pool_size: 10, request_timeout_ms: 5_000 };
    let settings: Settings = Figment::from(Serialized::defaults(defaults))
        .merge(Toml::file(file)) // a file that is missing is no error
        .merge(Env::prefixed("SHOP_")) // SHOP_DATABASE_URL, SHOP_POOL_SIZE
        .extract()?; // names the key, the value and where it came from
    anyhow::ensure!((1..=100).contains(&settings.pool_size), "pool_size has to be 1 to 100");
    Ok(settings)
}
// endregion: load

impl Settings {
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}
