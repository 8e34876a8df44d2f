//! Settings from the environment.

/// What the service needs to start.
pub struct Settings {
    pub address: String,
    pub database_url: String,
}

impl Settings {
    /// Reads the settings; what is missing gets the value for local work.
    pub fn from_env() -> Self {
        Self {
            address: get("LINKS_ADDRESS", "0.0.0.0:8080"),
            database_url: get("DATABASE_URL", "postgres://links:links@localhost/links"),
        }
    }
}

fn get(name: &str, fallback: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| fallback.to_owned())
}
