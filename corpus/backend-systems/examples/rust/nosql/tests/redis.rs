//! Against a real server: GNOMON_TEST_REDIS_ADDR holds host:port. Without it these tests skip.

use std::time::Duration;

use nosql::keys::{cart_key, user_key};
use nosql::store::{
    add_score, add_session, all_keys, allow, count_login, each_key, lock, rename, save_user, take_stock,
    take_stock_racy, top, unlock, visitors,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;

async fn server() -> Option<MultiplexedConnection> {
    let Ok(addr) = std::env::var("GNOMON_TEST_REDIS_ADDR") else {
        eprintln!("skipped: GNOMON_TEST_REDIS_ADDR is not set, no Redis server to test against");
        return None;
    };
    let client = redis::Client::open(format!("redis://{addr}/")).unwrap();
    Some(client.get_multiplexed_async_connection().await.unwrap())
}

/// An id that no other run uses.
fn id() -> i64 {
    i64::from(std::process::id()) * 1000
}

#[tokio::test]
async fn models_behave() {
    let Some(mut db) = server().await else { return };
    save_user(&mut db, id(), "ann", "pro").await.unwrap();
    assert_eq!(count_login(&mut db, id()).await.unwrap(), 1);
    add_session(&mut db, id(), "s1", 60).await.unwrap();
    add_session(&mut db, id(), "s2", 60).await.unwrap();
    assert_eq!(db.zcard::<_, i64>(format!("{}:sessions", user_key(id()))).await.unwrap(), 2);
    let board = format!("board:{}", id());
    for (player, points) in [("a", 5.0), ("b", 9.0), ("c", 7.0)] {
        add_score(&mut db, &board, player, points).await.unwrap();
    }
    assert_eq!(top(&mut db, &board, 2).await.unwrap(), [("b".to_owned(), 9.0), ("c".to_owned(), 7.0)]);
    let day = id().to_string();
    let mut seen = 0;
    for n in 0..1000 {
        seen = visitors(&mut db, &day, &n.to_string()).await.unwrap();
    }
    assert!((970..=1030).contains(&seen), "{seen}");
    assert_eq!(cart_key(1), "shop:{user:1}:cart");
}

#[tokio::test]
async fn scan_sees_every_key() {
    let Some(mut db) = server().await else { return };
    let prefix = format!("scan:{}", id());
    for n in 0..1500 {
        db.set_ex::<_, _, ()>(format!("{prefix}:{n}"), n, 60).await.unwrap();
    }
    let mut seen = std::collections::HashSet::new();
    each_key(&mut db, &format!("{prefix}:*"), |key| _ = seen.insert(key)).await.unwrap();
    assert_eq!(seen.len(), 1500);
    assert_eq!(all_keys(&mut db, &format!("{prefix}:*")).await.unwrap().len(), 1500);
}

#[tokio::test]
async fn stock_is_not_sold_twice() {
    let Some(mut db) = server().await else { return };
    let key = format!("stock:{}", id());
    db.set::<_, _, ()>(&key, 10).await.unwrap();
    let mut sales = JoinSet::new();
    for _ in 0..200 {
        let (mut db, key) = (db.clone(), key.clone());
        sales.spawn(async move { take_stock(&mut db, &key, 1).await.unwrap().is_some() });
    }
    assert_eq!(sales.join_all().await.iter().filter(|sold| **sold).count(), 10);
    db.set::<_, _, ()>(&key, 10).await.unwrap();
    let mut sales = JoinSet::new();
    for _ in 0..200 {
        let (mut db, key) = (db.clone(), key.clone());
        sales.spawn(async move { take_stock_racy(&mut db, &key, 1).await.unwrap() });
    }
    let sold = sales.join_all().await.iter().filter(|sold| **sold).count();
    assert!(sold > 10, "read and write sold only {sold} of 10: the race did not show");
}

#[tokio::test]
async fn a_watched_key_that_changes_fails_the_transaction() {
    let (Some(mut own), Some(mut other)) = (server().await, server().await) else { return };
    let user = id() + 1;
    save_user(&mut own, user, "ann", "pro").await.unwrap();
    assert!(rename(&mut own, user, |name| name + "a").await.unwrap().is_some());
    assert_eq!(own.hget::<_, _, String>(user_key(user), "name").await.unwrap(), "anna");
    redis::cmd("WATCH").arg(user_key(user)).exec_async(&mut own).await.unwrap();
    save_user(&mut other, user, "eve", "pro").await.unwrap();
    let lost: Option<()> = redis::pipe()
        .atomic()
        .hset(user_key(user), "name", "x")
        .ignore()
        .query_async(&mut own)
        .await
        .unwrap();
    assert!(lost.is_none());
}

#[tokio::test]
async fn the_sliding_window_limits() {
    let Some(mut db) = server().await else { return };
    let key = format!("{{limit:{}}}", id());
    let mut allowed = 0;
    for _ in 0..20 {
        allowed += u32::from(allow(&mut db, &key, Duration::from_secs(60), 5).await.unwrap());
    }
    assert_eq!(allowed, 5);
}

#[tokio::test]
async fn the_cart_prints_what_the_document_shows() {
    let Ok(addr) = std::env::var("GNOMON_TEST_REDIS_ADDR") else { return };
    let out =
        std::process::Command::new(env!("CARGO_BIN_EXE_cart")).env("REDIS_ADDR", addr).output().unwrap();
    let want = "cart of user 7 is kept for 24h\ncup: sold out\ntea: took 2, 3 left\n";
    assert_eq!(String::from_utf8_lossy(&out.stdout), want);
}

#[tokio::test]
async fn a_lock_belongs_to_its_token() {
    let Some(mut db) = server().await else { return };
    let key = format!("lock:{}", id());
    assert!(lock(&mut db, &key, "a", Duration::from_secs(60)).await.unwrap());
    assert!(!lock(&mut db, &key, "b", Duration::from_secs(60)).await.unwrap());
    assert!(!unlock(&mut db, &key, "b").await.unwrap());
    assert!(unlock(&mut db, &key, "a").await.unwrap());
}

#[tokio::test]
async fn a_transaction_does_not_roll_back() {
    let Some(mut db) = server().await else { return };
    let (word, after) = (format!("word:{}", id()), format!("after:{}", id()));
    db.set::<_, _, ()>(&word, "text").await.unwrap();
    let result = redis::pipe().atomic().lpush(&word, "x").set(&after, 1).exec_async(&mut db).await;
    assert!(result.unwrap_err().to_string().contains("WRONGTYPE"));
    assert!(db.exists::<_, bool>(&after).await.unwrap());
}
