//! Pools and transactions.

use std::time::Duration;

use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{BuildError, Pool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::time::timeout;

// region: sqlx-pool
pub async fn connect(url: &SecretString, size: u32) -> sqlx::Result<PgPool> {
    let server: PgConnectOptions = url.expose_secret().parse()?;
    PgPoolOptions::new()
        .max_connections(size) // 10 by default
        .acquire_timeout(Duration::from_secs(3)) // 30 s by default: longer than a caller waits
        .max_lifetime(Duration::from_secs(30 * 60))
        .connect_with(server.application_name("shop").options([("statement_timeout", "5000")]))
        .await // opens one connection: a wrong address fails here
}
// endregion: sqlx-pool

// region: diesel-pool
pub fn diesel_pool(url: &SecretString, size: usize) -> Result<Pool<AsyncPgConnection>, BuildError> {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url.expose_secret());
    Pool::builder(manager).max_size(size).build() // connects with the first use
}

pub async fn count(pool: &Pool<AsyncPgConnection>) -> anyhow::Result<i64> {
    let mut connection = timeout(Duration::from_secs(3), pool.get()).await??; // it waits without a limit
    let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM accounts");
    Ok(count.get_result(&mut connection).await?)
}
// endregion: diesel-pool

// region: transaction
pub async fn transfer(db: &PgPool, from: i64, to: i64, cents: i64) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    for (id, change) in [(from, -cents), (to, cents)] {
        let update = sqlx::query("UPDATE accounts SET cents = cents + $2 WHERE id = $1");
        update.bind(id).bind(change).execute(&mut *tx).await?; // an error drops tx: rolled back
    }
    tx.commit().await
}
// endregion: transaction

// region: pool-metrics
/// Called every few seconds. Busy at the maximum for long means: callers wait.
pub fn report_pool(db: &PgPool) {
    let (open, idle) = (db.size(), db.num_idle() as u32);
    metrics::gauge!("db_connections", "state" => "idle").set(idle);
    metrics::gauge!("db_connections", "state" => "busy").set(open.saturating_sub(idle));
}
// endregion: pool-metrics
