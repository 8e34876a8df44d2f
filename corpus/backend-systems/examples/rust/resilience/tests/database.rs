use resilience::idempotency::{OnceError, Reply, TABLE, once};
use sqlx::{PgPool, Postgres, Transaction, postgres::PgPoolOptions};
use tokio::sync::oneshot;

/// A pool in a schema of its own; None, with a sentence, when no server is named.
async fn database() -> Option<PgPool> {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return None;
    };
    let schema = format!("rust_idem_{}", std::process::id());
    let admin = PgPool::connect(&dsn).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&admin).await.unwrap();
    let options: sqlx::postgres::PgConnectOptions = dsn.parse().unwrap();
    let options = options.options([("search_path", schema.as_str())]);
    let pool = PgPoolOptions::new().max_connections(10).connect_with(options).await.unwrap();
    sqlx::raw_sql(TABLE).execute(&pool).await.unwrap();
    sqlx::raw_sql("CREATE TABLE charges (cents bigint)").execute(&pool).await.unwrap();
    Some(pool)
}

async fn charge(tx: &mut Transaction<'static, Postgres>) -> Result<Reply, sqlx::Error> {
    sqlx::query("INSERT INTO charges VALUES (500)").execute(&mut **tx).await?;
    Ok(Reply { status: 201, body: b"{}".to_vec() })
}

#[tokio::test]
async fn a_key_gives_one_effect_for_many_requests() {
    let Some(db) = database().await else { return };
    let replies = futures::future::join_all((0..8).map(|_| once(&db, 1, "k1", b"500 cents", charge))).await;
    assert!(replies.into_iter().all(|reply| reply.unwrap().status == 201));
    let charges: i64 = sqlx::query_scalar("SELECT count(*) FROM charges").fetch_one(&db).await.unwrap();
    assert_eq!(charges, 1);
    assert!(matches!(once(&db, 1, "k1", b"900 cents", charge).await, Err(OnceError::KeyReused)));

    let failing = async |_: &mut Transaction<'static, Postgres>| Err(sqlx::Error::RowNotFound);
    assert!(once(&db, 1, "k2", b"", failing).await.is_err());
    assert_eq!(once(&db, 1, "k2", b"", charge).await.unwrap().status, 201); // the failed effect freed the key

    let ((inside_tx, inside), (leave_tx, leave)) = (oneshot::channel(), oneshot::channel());
    let slow = async |tx: &mut Transaction<'static, Postgres>| {
        inside_tx.send(()).unwrap();
        leave.await.unwrap();
        charge(tx).await
    };
    let (first, second) = tokio::join!(once(&db, 1, "k3", b"", slow), async {
        inside.await.unwrap();
        let second = once(&db, 1, "k3", b"", charge).await;
        leave_tx.send(()).unwrap();
        second
    });
    assert!(first.is_ok());
    assert!(matches!(second, Err(OnceError::Running)), "{second:?}");
}
