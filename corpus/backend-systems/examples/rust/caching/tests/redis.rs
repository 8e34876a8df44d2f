//! Against a real server: GNOMON_TEST_REDIS_ADDR holds host:port. Without it these tests skip.

use caching::aside::{USER_TTL, UserReader, naive_get};
use caching::client::cache_client;
use caching::collapse::CollapsingReader;
use caching::invalidate::UserWriter;
use caching::lease::{SET_IF_NEWER, fill, invalidate, lease_key, take_lease};
use caching::negative::get_or_absent;
use caching::readcache::{Config, ReadCache};
use caching::users::{Database, LoadError, User, user_key};
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Script};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Every test uses its own id, because they share one server.
async fn server(id: i64) -> Option<ConnectionManager> {
    let Ok(addr) = std::env::var("GNOMON_TEST_REDIS_ADDR") else {
        eprintln!("skipped: GNOMON_TEST_REDIS_ADDR is not set, no Redis server to test against");
        return None;
    };
    let mut con = cache_client(&format!("redis://{addr}/")).expect("an address");
    let key = user_key(id);
    let _: () = con.unlink(&[&key, &lease_key(&key)]).await.expect("a server");
    Some(con)
}

fn dead() -> ConnectionManager {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    cache_client(&format!("redis://{}/", listener.local_addr().expect("bound"))).expect("an address")
}

fn ada(id: i64) -> User {
    User { id, name: "Ada".into(), version: 1 }
}

fn reader(redis: ConnectionManager, db: Database) -> UserReader {
    UserReader { redis, db, cache_errors: AtomicU64::new(0) }
}

#[tokio::test]
async fn cache_aside_reads_the_database_once() {
    let Some(mut con) = server(9001).await else {
        return;
    };
    let reader = reader(con.clone(), Database::with([ada(9001)]));
    for _ in 0..3 {
        assert_eq!(reader.get(9001).await, Ok(ada(9001)));
    }
    assert_eq!(reader.db.loads(), 1);
    let ttl: i64 = con.ttl(user_key(9001)).await.expect("a server");
    assert!((269..=USER_TTL.as_secs() as i64).contains(&ttl), "{ttl}");
    let _: () = con.set(user_key(9001), "{broken").await.expect("a server");
    assert_eq!(reader.get(9001).await, Ok(ada(9001)), "an unreadable entry is a miss");
}

#[tokio::test]
async fn cache_aside_answers_without_redis() {
    let reader = reader(dead(), Database::with([ada(1)]));
    assert_eq!(reader.get(1).await, Ok(ada(1)));
    assert_eq!(reader.cache_errors.load(SeqCst), 1);
    let naive = naive_get(&mut dead(), &reader.db, 1).await;
    assert!(matches!(naive, Err(LoadError::Database(_))), "{naive:?}");
}

#[tokio::test]
async fn read_then_set_keeps_an_old_row_for_ever() {
    let Some(mut con) = server(9002).await else {
        return;
    };
    let mut db = Database::with([ada(9002)]);
    db.delay = Duration::from_millis(150);
    let writer = UserWriter { redis: con.clone(), db, lost: Arc::default() };
    let mut reading = con.clone();
    let (old, renamed) = tokio::join!(naive_get(&mut reading, &writer.db, 9002), async {
        tokio::time::sleep(Duration::from_millis(50)).await; // the reader holds the old row
        writer.rename(9002, "Grace").await
    });
    assert!(old.is_ok() && renamed.is_ok());
    let (raw, ttl): (String, i64) =
        redis::pipe().get(user_key(9002)).ttl(user_key(9002)).query_async(&mut con).await.expect("a server");
    assert!(raw.contains("Ada") && ttl == -1, "{raw} {ttl}");
    let _: () = con.unlink(user_key(9002)).await.expect("a server");
}

#[tokio::test]
async fn a_revoked_lease_does_not_fill() {
    let Some(mut con) = server(9003).await else {
        return;
    };
    let key = user_key(9003);
    let token = take_lease(&mut con, &key).await.expect("a server").expect("the first miss gets it");
    assert_eq!(take_lease(&mut con, &key).await.expect("a server"), None);
    invalidate(&mut con, &key).await.expect("a server");
    assert!(!fill(&mut con, &key, &token, b"old").await.expect("a server"));
    let token = take_lease(&mut con, &key).await.expect("a server").expect("free again");
    assert!(fill(&mut con, &key, &token, b"new").await.expect("a server"));
    let (value, lease): (String, u8) =
        redis::pipe().get(&key).exists(lease_key(&key)).query_async(&mut con).await.expect("a server");
    assert_eq!((value.as_str(), lease), ("new", 0));
    invalidate(&mut con, &key).await.expect("a server");
}

#[tokio::test]
async fn versions_help_only_while_the_entry_exists() {
    let Some(mut con) = server(9004).await else {
        return;
    };
    let script = Script::new(SET_IF_NEWER);
    let mut stored = Vec::new();
    for step in [2, 1, 0, 1] {
        if step == 0 {
            let _: () = con.unlink(user_key(9004)).await.expect("a server");
            continue;
        }
        let mut call = script.key(user_key(9004));
        stored.push(
            call.arg(step).arg("value").arg(60_000).invoke_async::<bool>(&mut con).await.expect("a server"),
        );
    }
    assert_eq!(stored, [true, false, true], "after a delete nothing remembers the version");
}

#[tokio::test]
async fn a_dropped_request_still_deletes_the_entry() {
    let Some(mut con) = server(9005).await else {
        return;
    };
    let first = reader(con.clone(), Database::with([ada(9005)]));
    first.get(9005).await.expect("a row");
    let writer = UserWriter { redis: con.clone(), db: Database::with([ada(9005)]), lost: Arc::default() };
    {
        let mut request = Box::pin(writer.rename(9005, "Grace"));
        // One poll commits and starts the delete; then the client hangs up.
        assert!(futures::poll!(request.as_mut()).is_pending());
    }
    for _ in 0..100 {
        if !con.exists::<_, bool>(user_key(9005)).await.expect("a server") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the entry survived");
}

#[tokio::test]
async fn a_failed_delete_is_counted_and_does_not_fail_the_write() {
    let writer = UserWriter { redis: dead(), db: Database::with([ada(1)]), lost: Arc::default() };
    assert_eq!(writer.rename(1, "Grace").await, Ok(()));
    assert_eq!(writer.lost.load(SeqCst), 1);
}

#[tokio::test]
async fn concurrent_misses_are_collapsed() {
    let Some(con) = server(9006).await else {
        return;
    };
    let mut db = Database::with([ada(9006)]);
    db.delay = Duration::from_millis(100);
    let reader = CollapsingReader::new(reader(con, db));
    let answers = futures::future::join_all((0..100).map(|_| reader.get(9006))).await;
    assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&ada(9006))));
    assert_eq!(reader.reader.db.loads(), 1);
}

#[tokio::test]
async fn a_waiter_takes_over_when_the_loading_task_is_dropped() {
    let mut db = Database::with([ada(1)]);
    db.delay = Duration::from_millis(100);
    let reader = CollapsingReader::new(reader(dead(), db));
    let (first, second) =
        tokio::join!(tokio::time::timeout(Duration::from_millis(30), reader.get(1)), reader.get(1));
    assert!(first.is_err(), "the first caller gave up");
    assert_eq!(second, Ok(ada(1)));
    assert_eq!(reader.reader.db.loads(), 2, "the waiter ran its own load");
}

#[tokio::test]
async fn absence_is_cached_until_the_row_is_created() {
    let Some(mut con) = server(9007).await else {
        return;
    };
    let db = Database::default();
    for _ in 0..3 {
        assert_eq!(get_or_absent(&mut con, &db, 9007).await, Err(LoadError::NotFound));
    }
    assert_eq!(db.loads(), 1);
    db.insert(ada(9007));
    assert_eq!(
        get_or_absent(&mut con, &db, 9007).await,
        Err(LoadError::NotFound),
        "hidden until invalidated"
    );
    let _: () = con.unlink(user_key(9007)).await.expect("a server");
    assert_eq!(get_or_absent(&mut con, &db, 9007).await, Ok(ada(9007)));
}

#[tokio::test]
async fn client_side_cache_answers_locally_and_is_invalidated() {
    let Some(mut other) = server(9008).await else {
        return;
    };
    let addr = std::env::var("GNOMON_TEST_REDIS_ADDR").expect("seen above");
    let client = redis::Client::open(format!("redis://{addr}/?protocol=resp3")).expect("an address");
    let config = redis::AsyncConnectionConfig::new().set_cache_config(redis::caching::CacheConfig::new());
    let mut con = client.get_multiplexed_async_connection_with_config(&config).await.expect("a server");
    let key = user_key(9008);
    let _: () = other.set_ex(&key, "one", 60).await.expect("a server");
    for _ in 0..101 {
        assert_eq!(con.get::<_, String>(&key).await.expect("a server"), "one");
    }
    let statistics = con.get_cache_statistics().expect("caching is on");
    assert_eq!((statistics.hit, statistics.miss), (100, 1));
    let _: () = other.set_ex(&key, "two", 60).await.expect("a server");
    for _ in 0..100 {
        if con.get::<_, String>(&key).await.expect("a server") == "two" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the local copy was not invalidated");
}

fn config(redis: ConnectionManager) -> Config {
    Config {
        redis,
        prefix: "r:readcache:",
        ttl: Duration::from_secs(60),
        absent_ttl: Duration::from_secs(1),
        recent: Duration::from_millis(1),
        load_timeout: Duration::from_millis(100),
        max_loads: 1,
    }
}

#[tokio::test]
async fn redis_is_skipped_after_failures_in_a_row() {
    let cache = ReadCache::new(config(dead()));
    for _ in 0..20 {
        assert_eq!(cache.get("1", async { Ok(Some(7)) }).await.expect("a load"), Some(7));
        tokio::time::sleep(Duration::from_millis(5)).await; // the copy in the process is gone
    }
    assert_eq!(cache.failures.load(SeqCst), 5);
}

#[tokio::test]
async fn loads_are_bounded() {
    let cache = ReadCache::new(config(dead()));
    let slow = cache.get("1", async {
        tokio::time::sleep(Duration::from_millis(90)).await;
        Ok(Some(1))
    });
    let late = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        cache.get("2", std::future::pending()).await
    };
    let (slow, late) = tokio::join!(slow, late);
    assert_eq!(slow.expect("a load"), Some(1));
    assert_eq!(late.expect_err("no slot and no answer in time").to_string(), "too many loads");
}

#[tokio::test]
async fn read_cache_keeps_values_and_absence() {
    let Some(con) = server(9009).await else {
        return;
    };
    let cache = ReadCache::new(config(con));
    for id in ["1", "none"] {
        cache.invalidate(id).await.expect("a server");
    }
    for _ in 0..3 {
        assert_eq!(cache.get("1", async { Ok(Some(1)) }).await.expect("a value"), Some(1));
        assert_eq!(cache.get("none", async { Ok(None) }).await.expect("absence"), None);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((cache.hits.load(SeqCst), cache.misses.load(SeqCst)), (4, 2));
}

#[tokio::test]
async fn a_silent_server_costs_one_short_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}/", listener.local_addr().expect("bound"));
    let mut con = cache_client(&url).expect("an address");
    let start = Instant::now();
    assert!(con.get::<_, String>("k").await.is_err());
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn default_manager_retries_the_connection_for_seconds() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let client = redis::Client::open(format!("redis://{closed}/")).expect("an address");
    let defaults = redis::aio::ConnectionManagerConfig::new();
    assert_eq!(defaults.response_timeout(), Some(Duration::from_millis(500)));
    assert_eq!(defaults.connection_timeout(), Some(Duration::from_secs(1)));
    assert_eq!(defaults.number_of_retries(), 6);
    let mut con = ConnectionManager::new_lazy_with_config(client, defaults).expect("lazy");
    let waiting = tokio::time::timeout(Duration::from_secs(2), con.get::<_, String>("k"));
    assert!(waiting.await.is_err(), "the response timeout of 500 ms does not cover the reconnection");
}

#[tokio::test]
async fn a_missing_key_is_none_or_a_conversion_error() {
    let Some(mut con) = server(9010).await else {
        return;
    };
    let option: Option<String> = con.get(user_key(9010)).await.expect("a server");
    assert_eq!(option, None);
    let plain = con.get::<_, String>(user_key(9010)).await;
    let error = plain.expect_err("nil is no String");
    assert_eq!(
        error.to_string(),
        "Incompatible type - \"Response type not string compatible.\" (value was nil)"
    );
}

#[tokio::test]
async fn a_failed_load_is_shared_and_not_kept() {
    let reader = CollapsingReader::new(reader(dead(), Database::default()));
    let answers = futures::future::join_all((0..10).map(|_| reader.get(1))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| **error == LoadError::NotFound)));
    assert_eq!(reader.reader.db.loads(), 1);
    assert!(reader.get(1).await.is_err());
    assert_eq!(reader.reader.db.loads(), 2);
}
