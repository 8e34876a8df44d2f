//! Orders in PostgreSQL, tested against a real server.

use sqlx::PgExecutor;

#[derive(Debug, PartialEq)]
pub enum StoreError {
    Duplicate,
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Duplicate,
            _ => Self::Database(error.to_string()),
        }
    }
}

/// Takes a pool, a connection or a transaction.
pub async fn insert_order(db: impl PgExecutor<'_>, number: &str, cents: i64) -> Result<i64, StoreError> {
    let insert = "INSERT INTO orders (number, cents) VALUES ($1, $2) RETURNING id";
    Ok(sqlx::query_scalar(insert).bind(number).bind(cents).fetch_one(db).await?)
}

pub async fn total(db: impl PgExecutor<'_>) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COALESCE(SUM(cents), 0)::bigint FROM orders").fetch_one(db).await?)
}
