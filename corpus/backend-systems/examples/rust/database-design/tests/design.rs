use chrono::{NaiveDate, Timelike};
use database_design::{SaveError, at_nine, begin_tenant, migrate, migrate_online, new_id, save_note, share};
use sqlx::{PgPool, postgres::PgPoolOptions};

/// A pool in a schema of its own, with a role that is no superuser; None, with a sentence, when no server is named.
async fn database(name: &str) -> Option<(PgPool, PgPool)> {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return None;
    };
    let schema = format!("rust_{name}_{}", std::process::id());
    let options: sqlx::postgres::PgConnectOptions = dsn.parse().unwrap();
    let options = options.options([("search_path", schema.as_str())]);
    let owner = PgPoolOptions::new().max_connections(4).connect_with(options.clone()).await.unwrap();
    let create =
        format!("CREATE SCHEMA {schema}; CREATE ROLE {schema}; GRANT USAGE ON SCHEMA {schema} TO {schema}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&owner).await.unwrap();
    let options = options.options([("role", schema.as_str())]);
    let app = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    Some((owner, app))
}

async fn migrated(name: &str) -> Option<PgPool> {
    let (owner, app) = database(name).await?;
    migrate(&owner).await.unwrap();
    let (schema,): (String,) =
        sqlx::query_as("SELECT current_schema()::text").fetch_one(&owner).await.unwrap();
    let grant = format!("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {schema}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&owner).await.unwrap();
    Some(app)
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let Some((owner, _)) = database("migrate").await else { return };
    let (a, b, c) = futures::join!(migrate(&owner), migrate(&owner), migrate(&owner));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    let applied: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&owner).await.unwrap();
    assert_eq!(applied, 1);
}

#[tokio::test]
async fn an_index_built_concurrently_deadlocks_with_a_replica_that_waits_for_the_lock() {
    let Some((owner, _)) = database("online").await else { return };
    migrate(&owner).await.unwrap();
    let (mut first, mut second) = (owner.acquire().await.unwrap(), owner.acquire().await.unwrap());
    let lock = i64::from(std::process::id());
    let take = "SELECT pg_advisory_lock($1)"; // what sqlx does around its migrations
    sqlx::query(take).bind(lock).execute(&mut *first).await.unwrap();
    let waiting = tokio::spawn(async move { sqlx::query(take).bind(lock).execute(&mut *second).await });
    let waits =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1::bigint";
    while sqlx::query_scalar::<_, i64>(waits).bind(lock).fetch_one(&owner).await.unwrap() == 0 {}
    let index = "CREATE INDEX CONCURRENTLY notes_version ON notes (version)"; // waits for the waiting query
    let built = sqlx::query(index).execute(&mut *first).await;
    sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut *first).await.unwrap();
    let errors = [built.err(), waiting.await.unwrap().err()]; // PostgreSQL ends one of the two
    let codes: Vec<_> =
        errors.iter().flatten().map(|e| e.as_database_error().unwrap().code().unwrap()).collect();
    assert_eq!(codes, ["40P01"]);

    migrate_online(&owner).await.unwrap();
    migrate_online(&owner).await.unwrap(); // and again: nothing left to do
}

#[test]
fn ids_are_sorted_by_time() {
    let ids: Vec<_> = (0..1000).map(|_| new_id()).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids[0].get_version_num(), 7);
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_the_setting_ends_with_the_transaction() {
    let Some(app) = migrated("tenant").await else { return };
    let mut tx = begin_tenant(&app, 1).await.unwrap();
    sqlx::query("INSERT INTO notes (id, body) VALUES ($1, 'x')")
        .bind(new_id())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for (tenant, want) in [(1, 1), (2, 0)] {
        let mut tx = begin_tenant(&app, tenant).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM notes").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, want);
    }
    assert!(sqlx::query("SELECT count(*) FROM notes").fetch_one(&app).await.is_err());
}

#[tokio::test]
async fn the_second_writer_is_told_that_the_row_has_changed() {
    let Some(app) = migrated("version").await else { return };
    let mut tx = begin_tenant(&app, 1).await.unwrap();
    let id = new_id();
    sqlx::query("INSERT INTO notes (id, body) VALUES ($1, 'first')")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    save_note(&mut tx, id, 1, "second").await.unwrap();
    assert!(matches!(save_note(&mut tx, id, 1, "from the old version").await, Err(SaveError::Changed)));
}

#[test]
fn money_does_not_drift() {
    assert_eq!(share(1999, "0.19".parse().unwrap()), Some(380));
    assert_ne!((0..10).map(|_| 0.1).sum::<f64>(), 1.0);
}

#[test]
fn wall_clock_time_follows_the_zone() {
    let hour = |month| {
        at_nine(NaiveDate::from_ymd_opt(2026, month, 5).unwrap(), chrono_tz::Europe::Berlin).unwrap().hour()
    };
    assert_eq!((hour(1), hour(7)), (8, 7));
}
