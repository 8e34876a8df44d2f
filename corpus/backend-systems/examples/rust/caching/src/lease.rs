//! Leases: one reader may fill, and a writer revokes the right.

use redis::{
    AsyncCommands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions, aio::ConnectionManager,
};

type Con = ConnectionManager;

/// Shares the hash tag with its entry, so that a cluster keeps both in one slot.
pub fn lease_key(key: &str) -> String {
    format!("{{{key}}}:lease")
}

// region: lease-take
/// Called on a miss, before the database is read. Only one caller gets a token.
pub async fn take_lease(con: &mut Con, key: &str) -> RedisResult<Option<String>> {
    let token = format!("{:032x}", rand::random::<u128>());
    let options =
        SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(3000));
    let taken: Option<String> = con.set_options(lease_key(key), &token, options).await?;
    Ok(taken.map(|_| token))
}

pub async fn invalidate(con: &mut Con, key: &str) -> RedisResult<()> {
    con.unlink(&[key, &lease_key(key)]).await // after COMMIT: revokes a lease in flight
}
// endregion: lease-take

// region: lease-fill
const FILL: &str = "
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1";

/// Stores the value only while the lease is still the caller's.
pub async fn fill(con: &mut Con, key: &str, token: &str, value: &[u8]) -> RedisResult<bool> {
    let script = Script::new(FILL); // sent as EVALSHA
    let mut call = script.key(&[key, &lease_key(key)]);
    call.arg(token).arg(value).arg(300_000); // TTL in milliseconds
    call.invoke_async(con).await
}
// endregion: lease-fill

pub const SET_IF_NEWER: &str = "
local old = redis.call('HGET', KEYS[1], 'version')
if old and tonumber(old) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";
