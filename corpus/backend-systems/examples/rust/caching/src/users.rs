//! The row that the examples cache, and a stand-in for the system of record.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("not found")]
    NotFound,
    #[error("database: {0}")]
    Database(String),
}

/// Counts loads and can be made slow: the row is read at once and arrives after `delay`.
#[derive(Default)]
pub struct Database {
    pub delay: Duration,
    rows: Mutex<HashMap<i64, User>>,
    loads: AtomicU64,
}

impl Database {
    pub fn with(rows: impl IntoIterator<Item = User>) -> Self {
        let database = Self::default();
        rows.into_iter().for_each(|row| database.insert(row));
        database
    }

    pub fn insert(&self, row: User) {
        self.rows.lock().expect("no panic holds it").insert(row.id, row);
    }

    pub async fn load(&self, id: i64) -> Result<User, LoadError> {
        self.loads.fetch_add(1, Relaxed);
        let row = self.rows.lock().expect("no panic holds it").get(&id).cloned();
        tokio::time::sleep(self.delay).await;
        row.ok_or(LoadError::NotFound)
    }

    pub async fn rename(&self, id: i64, name: &str) -> Result<(), LoadError> {
        let mut rows = self.rows.lock().expect("no panic holds it");
        let row = rows.get_mut(&id).ok_or(LoadError::NotFound)?;
        row.name = name.to_owned();
        row.version += 1;
        Ok(())
    }

    pub fn loads(&self) -> u64 {
        self.loads.load(Relaxed)
    }
}

// region: key-names
/// Changes when the cached form of `User` changes: old pods keep their own keys.
const USER_SCHEMA: &str = "v3";

pub fn user_key(id: i64) -> String {
    format!("shop:user:{USER_SCHEMA}:{id}")
}

pub fn search_key(tenant: &str, page: u32, query_hash: &str) -> String {
    format!("shop:search:v1:{tenant}:{page}:{query_hash}")
}
// endregion: key-names
