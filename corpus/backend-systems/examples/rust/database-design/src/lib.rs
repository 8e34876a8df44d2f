//! How Rust code works with keys, money, tenants, versions and migrations.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

// region: migrate
/// The files of `migrations/` are compiled in; an advisory lock lets one replica run them.
pub async fn migrate(db: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    sqlx::migrate!("./migrations").run(db).await
}
// endregion: migrate

// region: migrate-online
/// `CREATE INDEX CONCURRENTLY` runs from one place, such as a job of the deployment, and without sqlx's lock:
/// another replica that waits for the lock and the index that waits for this replica would be a deadlock.
pub async fn migrate_online(db: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let mut migrator = sqlx::migrate!("./migrations-online"); // files that begin with `-- no-transaction`
    migrator.set_locking(false).set_ignore_missing(true).run(db).await
}
// endregion: migrate-online

// region: new-id
/// Sorted by time like an identity column, and made without asking the database.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
// endregion: new-id

// region: in-tenant
/// A transaction that sees the rows of one tenant.
pub async fn begin_tenant(db: &PgPool, tenant: i64) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut tx = db.begin().await?;
    // true: for this transaction only, so the next user of the connection starts clean
    sqlx::query("SELECT set_config('app.tenant', $1, true)")
        .bind(tenant.to_string())
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}
// endregion: in-tenant

#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("changed by somebody else")] // 409 or 412: show the newer version
    Changed,
    #[error("saving the note")]
    Store(#[from] sqlx::Error),
}

pub async fn save_note(
    tx: &mut Transaction<'_, Postgres>,
    id: Uuid,
    seen: i32,
    body: &str,
) -> Result<(), SaveError> {
    // region: version-check
    let update = "UPDATE notes SET body = $3, version = version + 1 WHERE id = $1 AND version = $2";
    let done = sqlx::query(update).bind(id).bind(seen).bind(body).execute(&mut **tx).await?;
    match done.rows_affected() {
        0 => Err(SaveError::Changed),
        _ => Ok(()),
    }
    // endregion: version-check
}

// region: money
/// Counts the smallest unit of a currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    pub minor: i64,
    pub currency: String,
}

/// Rounds half up, and only here.
pub fn share(minor: i64, rate: Decimal) -> Option<i64> {
    (Decimal::from(minor) * rate).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}
// endregion: money

// region: moments
/// 9:00 on a wall clock; the offset of the day is looked up when it is needed. `None` in a gap.
pub fn at_nine(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let local = day.and_hms_opt(9, 0, 0)?;
    Some(zone.from_local_datetime(&local).earliest()?.to_utc())
}
// endregion: moments
