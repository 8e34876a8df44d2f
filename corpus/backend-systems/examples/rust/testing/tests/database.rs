//! Tests against a real PostgreSQL. `#[sqlx::test]` wants DATABASE_URL; `with_a_database` gives it one and runs them.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use testing::store::{StoreError, insert_order, total};

// region: sqlx-test
#[sqlx::test] // a database of its own, with the migrations of ./migrations
#[ignore = "needs DATABASE_URL"]
async fn an_order_number_is_unique(pool: PgPool) -> Result<(), StoreError> {
    insert_order(&pool, "A-1", 500).await?;
    assert_eq!(insert_order(&pool, "A-1", 900).await, Err(StoreError::Duplicate));
    assert_eq!(total(&pool).await?, 500);
    Ok(())
}

// endregion: sqlx-test

// region: sqlx-fixture
#[sqlx::test(fixtures("two_orders"))] // runs tests/fixtures/two_orders.sql
#[ignore = "needs DATABASE_URL"]
async fn a_total_counts_all_orders(pool: PgPool) {
    assert_eq!(total(&pool).await, Ok(750));
}
// endregion: sqlx-fixture

#[sqlx::test]
#[ignore = "needs DATABASE_URL"]
async fn nobody_sees_the_other_tests_orders(pool: PgPool) {
    assert_eq!(total(&pool).await, Ok(0));
}

// region: rollback-test
#[sqlx::test]
#[ignore = "needs DATABASE_URL"]
async fn a_transaction_is_rolled_back_when_it_is_dropped(pool: PgPool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    assert!(insert_order(&mut *transaction, "A-1", 500).await.is_ok());
    assert_eq!(total(&mut *transaction).await, Ok(500)); // visible inside
    drop(transaction); // no commit
    assert_eq!(total(&pool).await, Ok(0));
    Ok(())
}
// endregion: rollback-test

#[test]
fn with_a_database() {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run these tests");
        return;
    };
    let server: PgConnectOptions = dsn.parse().expect("a DSN");
    let name = format!("gnomon_rust_testing_{}", std::process::id());
    let admin = |sql: String| {
        let server = &server;
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let mut admin = PgConnection::connect_with(server).await.expect("a server");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut admin)
                .await
                .expect("the right to create databases");
            admin.close().await.expect("an orderly end");
        })
    };
    admin(format!("CREATE DATABASE {name}"));
    let url = server.clone().database(&name).to_url_lossy();
    let binary = std::env::current_exe().expect("this binary");
    let run = std::process::Command::new(binary).arg("--ignored").env("DATABASE_URL", url.as_str()).output();
    admin(format!("DROP DATABASE {name}"));
    let run = run.expect("the binary runs");
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && text.contains("4 passed"), "{text}");
}
