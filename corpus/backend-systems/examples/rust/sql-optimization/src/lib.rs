//! Code shown by the methodology sql-optimization.

use std::{collections::HashMap, time::Duration};

use rand::Rng;
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Line {
    pub order_id: i64,
    pub sku: String,
}

/// Opens a pool whose size is a decision and not a default.
pub async fn pool(dsn: &str) -> sqlx::Result<PgPool> {
    // region: pool
    let options: PgConnectOptions = dsn.parse()?;
    PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(3))
        .max_lifetime(Duration::from_secs(3600))
        .connect_with(options.options([("statement_timeout", "15s")]))
        .await
    // endregion: pool
}

/// For PgBouncer 1.21 or later in transaction mode.
pub fn behind_pgbouncer(options: PgConnectOptions) -> PgConnectOptions {
    // region: pgbouncer
    // at most what `max_prepared_statements` of PgBouncer allows, which has to be above zero
    options.statement_cache_capacity(100)
    // endregion: pgbouncer
}

/// Shows the mistake: one query for each order.
pub async fn lines_one_by_one(pool: &PgPool, orders: &[i64]) -> sqlx::Result<Vec<Line>> {
    let mut lines = Vec::new();
    // region: n-plus-one
    for id in orders {
        let found: Vec<Line> = sqlx::query_as("SELECT order_id, sku FROM lines WHERE order_id = $1")
            .bind(id)
            .fetch_all(pool)
            .await?;
        lines.extend(found);
    }
    // endregion: n-plus-one
    Ok(lines)
}

/// Reads the lines of all orders in one query.
pub async fn lines_at_once(pool: &PgPool, orders: &[i64]) -> sqlx::Result<HashMap<i64, Vec<Line>>> {
    // region: any-array
    let found: Vec<Line> =
        sqlx::query_as("SELECT order_id, sku FROM lines WHERE order_id = ANY ($1) ORDER BY order_id, sku")
            .bind(orders)
            .fetch_all(pool)
            .await?;
    let mut by_order: HashMap<i64, Vec<Line>> = HashMap::new();
    for line in found {
        by_order.entry(line.order_id).or_default().push(line);
    }
    Ok(by_order)
    // endregion: any-array
}

/// Inserts many rows in one statement.
pub async fn insert_lines(pool: &PgPool, orders: &[i64], skus: &[String]) -> sqlx::Result<u64> {
    // region: unnest-insert
    let done =
        sqlx::query("INSERT INTO lines (order_id, sku) SELECT * FROM unnest($1::bigint[], $2::text[])")
            .bind(orders)
            .bind(skus)
            .execute(pool)
            .await?;
    Ok(done.rows_affected())
    // endregion: unnest-insert
}

/// Loads text rows through COPY.
pub async fn copy_lines(pool: &PgPool, rows: &str) -> sqlx::Result<u64> {
    // region: copy
    let mut connection = pool.acquire().await?;
    let mut copy = connection.copy_in_raw("COPY lines (order_id, sku) FROM STDIN").await?;
    copy.send(rows.as_bytes()).await?;
    copy.finish().await
    // endregion: copy
}

/// Reads the lines after a key, not after an offset.
pub async fn page(pool: &PgPool, after: &Line, limit: i64) -> sqlx::Result<Vec<Line>> {
    // region: keyset
    sqlx::query_as(
        "SELECT order_id, sku FROM lines WHERE (order_id, sku) > ($1, $2) ORDER BY order_id, sku LIMIT $3",
    )
    .bind(after.order_id)
    .bind(&after.sku)
    .bind(limit)
    .fetch_all(pool)
    .await
    // endregion: keyset
}

/// Runs `work` in a serializable transaction and repeats it when it lost against another.
pub async fn serializable<F>(pool: &PgPool, work: F) -> sqlx::Result<()>
where
    F: AsyncFn(&mut PgConnection) -> sqlx::Result<()>,
{
    // region: retry-serialization
    for attempt in 0..5 {
        let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
        let done = match work(&mut tx).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match done {
            Err(error) if is_lost(&error) => wait(attempt).await,
            other => return other,
        }
    }
    // endregion: retry-serialization
    Err(sqlx::Error::PoolTimedOut)
}

// region: is-lost
fn is_lost(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|found| found.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}
// endregion: is-lost

async fn wait(attempt: u32) {
    let longest = 10 * (1 << attempt);
    let millis = rand::rng().random_range(0..longest);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Deletes old rows in short transactions until none is left.
pub async fn archive_in_batches(pool: &PgPool, size: i64) -> sqlx::Result<u64> {
    let mut moved = 0;
    // region: batches
    let sql = "DELETE FROM lines WHERE (order_id, sku) IN (
        SELECT order_id, sku FROM lines WHERE sku LIKE 'old-%' ORDER BY order_id, sku LIMIT $1)";
    loop {
        let done = sqlx::query(sql).bind(size).execute(pool).await?;
        if done.rows_affected() == 0 {
            return Ok(moved);
        }
        moved += done.rows_affected();
    }
    // endregion: batches
}
