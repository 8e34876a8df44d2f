//! Redis as the store of a model.

use std::time::Duration;

use chrono::Utc;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, RedisResult, Script, SetExpiry, SetOptions};

use crate::keys::user_key;

// region: hash-object
pub async fn save_user(db: &mut MultiplexedConnection, id: i64, name: &str, plan: &str) -> RedisResult<()> {
    db.hset_multiple(user_key(id), &[("name", name), ("plan", plan)]).await
}

pub async fn count_login(db: &mut MultiplexedConnection, id: i64) -> RedisResult<i64> {
    db.hincr(user_key(id), "logins", 1).await // one field, on the server
}
// endregion: hash-object

/// Writes the session and the index entry together.
pub async fn add_session(
    db: &mut MultiplexedConnection,
    user: i64,
    session: &str,
    ttl: u64,
) -> RedisResult<()> {
    // region: index-set
    let index = format!("{}:sessions", user_key(user));
    let now = Utc::now().timestamp();
    redis::pipe()
        .atomic() // MULTI shows both or none to others
        .set_ex(format!("{index}:{session}"), user, ttl)
        .zadd(&index, session, now + ttl as i64)
        .zrembyscore(&index, "-inf", now)
        .exec_async(db)
        .await
    // endregion: index-set
}

// region: scan
pub async fn each_key(
    db: &mut MultiplexedConnection,
    pattern: &str,
    mut visit: impl FnMut(String),
) -> RedisResult<()> {
    let mut keys = db.scan_match::<_, String>(pattern).await?;
    while let Some(key) = keys.next_item().await {
        visit(key?); // may see a key twice
    }
    Ok(())
}
// endregion: scan

// region: keys-command
/// Wrong in a service: the server answers nobody else until it has looked at every key.
pub async fn all_keys(db: &mut MultiplexedConnection, pattern: &str) -> RedisResult<Vec<String>> {
    db.keys(pattern).await
}
// endregion: keys-command

// region: leaderboard
pub async fn add_score(
    db: &mut MultiplexedConnection,
    board: &str,
    player: &str,
    points: f64,
) -> RedisResult<f64> {
    db.zincr(board, player, points).await
}

pub async fn top(db: &mut MultiplexedConnection, board: &str, n: isize) -> RedisResult<Vec<(String, f64)>> {
    db.zrevrange_withscores(board, 0, n - 1).await
}
// endregion: leaderboard

// region: take-stock
const TAKE_STOCK: &str = "local left = tonumber(redis.call('GET', KEYS[1]) or '0')
    if left < tonumber(ARGV[1]) then return -1 end
    return redis.call('DECRBY', KEYS[1], ARGV[1])";

/// What is left, or `None` when the stock is smaller than the wish.
pub async fn take_stock(db: &mut MultiplexedConnection, key: &str, n: u32) -> RedisResult<Option<i64>> {
    let left: i64 = Script::new(TAKE_STOCK).key(key).arg(n).invoke_async(db).await?;
    Ok(Some(left).filter(|left| *left >= 0))
}
// endregion: take-stock

// region: take-stock-racy
/// Wrong: two callers read the same number before either of them writes.
pub async fn take_stock_racy(db: &mut MultiplexedConnection, key: &str, n: i64) -> RedisResult<bool> {
    let left: i64 = db.get(key).await?;
    if left < n {
        return Ok(false);
    }
    db.set::<_, _, ()>(key, left - n).await?;
    Ok(true)
}
// endregion: take-stock-racy

/// Reads, changes and writes a field; `None` when somebody was faster, and the caller tries again.
/// Needs a connection of its own: a shared one would mix the WATCH of several callers.
pub async fn rename(
    own: &mut MultiplexedConnection,
    id: i64,
    change: impl Fn(String) -> String,
) -> RedisResult<Option<()>> {
    // region: watch
    redis::cmd("WATCH").arg(user_key(id)).exec_async(own).await?;
    let name: String = own.hget(user_key(id), "name").await?;
    redis::pipe()
        .atomic() // MULTI and EXEC: nil when the watched key has changed
        .hset(user_key(id), "name", change(name))
        .ignore()
        .query_async(own)
        .await
    // endregion: watch
}

// region: rate-limit
const SLIDING_WINDOW: &str = "local now = redis.call('TIME')
    local at = now[1] * 1000000 + now[2]
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - ARGV[1] * 1000)
    if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
    redis.call('ZADD', KEYS[1], at, at .. ':' .. redis.call('INCR', KEYS[1] .. ':n'))
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    return 1";
// endregion: rate-limit

/// Says whether one more event fits into the window.
pub async fn allow(
    db: &mut MultiplexedConnection,
    key: &str,
    window: Duration,
    limit: u32,
) -> RedisResult<bool> {
    Script::new(SLIDING_WINDOW).key(key).arg(window.as_millis() as u64).arg(limit).invoke_async(db).await
}

// region: lock
pub async fn lock(
    db: &mut MultiplexedConnection,
    key: &str,
    token: &str,
    ttl: Duration,
) -> RedisResult<bool> {
    let options = SetOptions::default()
        .conditional_set(redis::ExistenceCheck::NX)
        .with_expiration(SetExpiry::PX(ttl.as_millis() as u64));
    db.set_options(key, token, options).await // false: held by somebody else
}
// endregion: lock

// region: unlock
pub async fn unlock(db: &mut MultiplexedConnection, key: &str, token: &str) -> RedisResult<bool> {
    let script =
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
    Script::new(script).key(key).arg(token).invoke_async(db).await
}
// endregion: unlock

// region: visitors
pub async fn visitors(db: &mut MultiplexedConnection, day: &str, visitor: &str) -> RedisResult<u64> {
    let key = format!("shop:visitors:{day}");
    db.pfadd::<_, _, ()>(&key, visitor).await?;
    db.pfcount(&key).await // within about one percent, in at most 12 KB
}
// endregion: visitors
