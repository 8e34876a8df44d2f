//! A storage layer with an error type of its own.

use sqlx::PgPool;

// region: store-error
#[derive(Debug, thiserror::Error)]
#[non_exhaustive] // new variants are no breaking change
pub enum StoreError {
    #[error("user {id} does not exist")]
    NotFound { id: i64 },
    #[error("{what} is taken")]
    Taken { what: &'static str },
    #[error("{operation} failed")]
    Database { operation: &'static str, source: sqlx::Error },
}
// endregion: store-error

impl StoreError {
    /// Whether the same call may succeed later.
    // region: is-transient
    pub fn is_transient(&self) -> bool {
        let Self::Database { source, .. } = self else {
            return false; // wrong input stays wrong
        };
        match source {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(db) => {
                matches!(db.code().as_deref(), Some("40001" | "40P01" | "57P01"))
            }
            _ => false,
        }
    }
    // endregion: is-transient
}

// region: sqlx-map
fn insert_error(error: sqlx::Error) -> StoreError {
    if let Some(db) = error.as_database_error()
        && db.is_unique_violation()
        && db.constraint() == Some("users_email_key")
    {
        return StoreError::Taken { what: "e-mail address" };
    }
    StoreError::Database { operation: "create user", source: error }
}
// endregion: sqlx-map

pub async fn create(pool: &PgPool, email: &str) -> Result<i64, StoreError> {
    // region: map-err
    sqlx::query_scalar("INSERT INTO users (email) VALUES ($1) RETURNING id")
        .bind(email)
        .fetch_one(pool)
        .await
        .map_err(insert_error)
    // endregion: map-err
}

pub async fn email(pool: &PgPool, id: i64) -> Result<String, StoreError> {
    // region: row-not-found
    sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(pool) // no row is an answer and not an error
        .await
        .map_err(|source| StoreError::Database { operation: "read user", source })?
        .ok_or(StoreError::NotFound { id })
    // endregion: row-not-found
}

/// Loses which of two calls failed.
#[derive(Debug, thiserror::Error)]
// region: from-bad
pub enum CopyError {
    #[error("input or output")]
    Io(#[from] std::io::Error), // read or write? the source file or the target?
}
// endregion: from-bad

pub fn copy_blind(from: &str, to: &str) -> Result<(), CopyError> {
    let text = std::fs::read_to_string(from)?;
    std::fs::write(to, text)?;
    Ok(())
}

// region: named-variants
#[derive(Debug, thiserror::Error)]
pub enum CopyFileError {
    #[error("cannot read {path}")]
    Read { path: String, source: std::io::Error },
    #[error("cannot write {path}")]
    Write { path: String, source: std::io::Error },
}
// endregion: named-variants

pub fn copy(from: &str, to: &str) -> Result<(), CopyFileError> {
    use CopyFileError::{Read, Write};
    // region: map-err-context
    let text = std::fs::read_to_string(from).map_err(|source| Read { path: from.to_owned(), source })?;
    std::fs::write(to, text).map_err(|source| Write { path: to.to_owned(), source })
    // endregion: map-err-context
}

pub fn read_lossy(path: &str) -> Result<String, StoreError> {
    // region: map-err-drop-bad
    std::fs::read_to_string(path).map_err(|_| StoreError::NotFound { id: 0 }) // the cause is gone
    // endregion: map-err-drop-bad
}
