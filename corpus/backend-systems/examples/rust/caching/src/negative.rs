//! Absence is cached too.

use crate::aside::jittered;
use crate::users::{Database, LoadError, User, user_key};
use redis::{AsyncCommands, RedisResult, aio::ConnectionManager};
use std::time::Duration;

// region: negative-read
const ABSENT: &str = "-"; // no JSON object begins with it

/// `None` is a miss; `Some(Err(NotFound))` is a cached absence.
fn decode_entry(raw: &str) -> Option<Result<User, LoadError>> {
    if raw == ABSENT {
        return Some(Err(LoadError::NotFound));
    }
    serde_json::from_str(raw).ok().map(Ok)
}
// endregion: negative-read

// region: negative-write
async fn load_or_mark(con: &mut ConnectionManager, db: &Database, id: i64) -> Result<User, LoadError> {
    let user = db.load(id).await;
    if user == Err(LoadError::NotFound) {
        let ttl = jittered(Duration::from_secs(30)).as_secs();
        _ = con.set_ex::<_, _, ()>(user_key(id), ABSENT, ttl).await;
    }
    user
}
// endregion: negative-write

pub async fn get_or_absent(con: &mut ConnectionManager, db: &Database, id: i64) -> Result<User, LoadError> {
    let cached: RedisResult<Option<String>> = con.get(user_key(id)).await;
    match cached.ok().flatten().and_then(|raw| decode_entry(&raw)) {
        Some(answer) => answer,
        None => load_or_mark(con, db, id).await,
    }
}
