use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sql_optimization::{
    Line, archive_in_batches, copy_lines, insert_lines, lines_at_once, lines_one_by_one, page, pool,
    serializable,
};
use sqlx::{PgPool, postgres::PgPoolOptions};

/// A pool in a schema of its own; None, with a sentence, when no server is named.
async fn database(name: &str) -> Option<PgPool> {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return None;
    };
    let schema = format!("rust_{name}_{}", std::process::id());
    let admin = pool(&dsn).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&admin).await.unwrap();
    let options: sqlx::postgres::PgConnectOptions = dsn.parse().unwrap();
    let options = options.options([("search_path", schema.as_str())]);
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let tables =
        "CREATE TABLE lines (order_id bigint NOT NULL, sku text NOT NULL, PRIMARY KEY (order_id, sku));
                  CREATE TABLE accounts (id integer PRIMARY KEY, cents bigint NOT NULL);
                  INSERT INTO accounts VALUES (1, 100), (2, 100);";
    sqlx::raw_sql(tables).execute(&pool).await.unwrap();
    Some(pool)
}

async fn fill(pool: &PgPool, prefix: &str, orders: i64, each: i64) -> Vec<i64> {
    let keys: Vec<(i64, i64)> = (0..orders).flat_map(|id| (0..each).map(move |n| (id, n))).collect();
    let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let skus: Vec<String> = keys.iter().map(|key| format!("{prefix}-{}", key.1)).collect();
    assert_eq!(insert_lines(pool, &ids, &skus).await.unwrap(), (orders * each) as u64);
    (0..orders).collect()
}

#[tokio::test]
async fn one_query_reads_what_many_did() {
    let Some(pool) = database("any").await else { return };
    let ids = fill(&pool, "sku", 50, 3).await;
    let slow = lines_one_by_one(&pool, &ids).await.unwrap();
    let fast = lines_at_once(&pool, &ids).await.unwrap();
    assert_eq!((slow.len(), fast.len(), fast[&7].len()), (150, 50, 3));
}

#[tokio::test]
async fn keyset_pages_follow_each_other() {
    let Some(pool) = database("keyset").await else { return };
    fill(&pool, "sku", 10, 10).await;
    let mut last = Line { order_id: -1, sku: String::new() };
    let mut seen = 0;
    loop {
        let found = page(&pool, &last, 7).await.unwrap();
        let Some(end) = found.last() else { break };
        seen += found.len();
        last = end.clone();
    }
    assert_eq!(seen, 100);
}

#[tokio::test]
async fn copy_and_batches_move_many_rows() {
    let Some(pool) = database("copy").await else { return };
    let rows: String = (0..100).map(|n| format!("{n}\told-{n}\n")).collect();
    assert_eq!(copy_lines(&pool, &rows).await.unwrap(), 100);
    fill(&pool, "new", 5, 5).await;
    assert_eq!(archive_in_batches(&pool, 30).await.unwrap(), 100);
}

#[tokio::test]
async fn a_serializable_transaction_that_lost_is_repeated() {
    let Some(pool) = database("serial").await else { return };
    let tries = AtomicU32::new(0);
    let transfer = async || {
        serializable(&pool, async |tx| {
            tries.fetch_add(1, Ordering::Relaxed);
            let sum: i64 =
                sqlx::query_scalar("SELECT sum(cents)::bigint FROM accounts").fetch_one(&mut *tx).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            sqlx::query("UPDATE accounts SET cents = $1 WHERE id = 1").bind(sum).execute(&mut *tx).await?;
            Ok(())
        })
        .await
    };
    let (first, second) = tokio::join!(transfer(), transfer());
    first.unwrap();
    second.unwrap();
    let cents: i64 =
        sqlx::query_scalar("SELECT cents FROM accounts WHERE id = 1").fetch_one(&pool).await.unwrap();
    assert_eq!(cents, 300);
    assert!(tries.load(Ordering::Relaxed) > 2, "nothing was repeated");
}

#[tokio::test]
async fn the_pool_is_bounded_and_statements_end() {
    let Some(_) = database("pool").await else { return };
    let dsn = std::env::var("GNOMON_TEST_POSTGRES_DSN").unwrap();
    let pool = pool(&dsn).await.unwrap();
    assert_eq!(pool.options().get_max_connections(), 10);
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(&pool).await.unwrap();
    assert_eq!(timeout, "15s");
}

#[test]
fn the_default_pool_has_ten_connections() {
    assert_eq!(PgPoolOptions::new().get_max_connections(), 10);
}
