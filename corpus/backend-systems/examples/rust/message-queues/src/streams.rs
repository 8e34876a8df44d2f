//! Redis Streams with a consumer group.

use crate::HandleError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::streams::*;
use redis::{AsyncCommands, RedisResult};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A connection for blocking reads: the response timeout has to be longer than BLOCK.
// region: redis-connect
pub async fn blocking_connection(url: &str) -> RedisResult<ConnectionManager> {
    let longer_than_block = Some(Duration::from_secs(5)); // the default of 500 ms ends each idle read
    let config = ConnectionManagerConfig::new().set_response_timeout(longer_than_block);
    ConnectionManager::new_with_config(redis::Client::open(url)?, config).await
}
// endregion: redis-connect

pub struct StreamConsumer {
    pub con: ConnectionManager,
    pub stream: String,
    pub group: String,
    pub member: String,
    pub min_idle: Duration,
    pub max_deliveries: usize,
}

impl StreamConsumer {
    /// The group starts at the beginning; a group at "$" does not see what was added before it.
    // region: redis-group
    pub async fn create(&mut self) -> RedisResult<()> {
        match self.con.xgroup_create_mkstream(&self.stream, &self.group, "0").await {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()), // another pod was first
            other => other,
        }
    }
    // endregion: redis-group

    /// Waits up to two seconds for new entries and handles them.
    pub async fn once<Fut>(&mut self, handle: impl Fn(StreamId) -> Fut) -> RedisResult<()>
    where
        Fut: Future<Output = Result<(), HandleError>>,
    {
        // region: redis-read
        let options = StreamReadOptions::default().group(&self.group, &self.member).count(50).block(2000);
        let found: Option<StreamReadReply> =
            self.con.xread_options(&[&self.stream], &[">"], &options).await?;
        for entry in found.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
            let id = entry.id.clone();
            if handle(entry).await.is_ok() {
                // a failed entry stays pending and is claimed later
                let _: usize = self.con.xack(&self.stream, &self.group, &[id]).await?;
            }
        }
        // endregion: redis-read
        Ok(())
    }

    /// Takes over entries that somebody read and did not acknowledge, and puts aside what failed too often.
    pub async fn reclaim<Fut>(&mut self, handle: impl Fn(StreamId) -> Fut) -> RedisResult<()>
    where
        Fut: Future<Output = Result<(), HandleError>>,
    {
        let (idle, options) =
            (self.min_idle.as_millis() as usize, StreamAutoClaimOptions::default().count(50));
        let claimed: StreamAutoClaimReply =
            self.con.xautoclaim_options(&self.stream, &self.group, &self.member, idle, "0", options).await?;
        // region: redis-reclaim
        for entry in claimed.claimed {
            let id = entry.id.clone();
            let done = if self.deliveries(&id).await? > self.max_deliveries {
                self.bury(entry).await? // also ends an entry that kills its consumer each time
            } else {
                handle(entry).await.is_ok()
            };
            if done {
                let _: usize = self.con.xack(&self.stream, &self.group, &[id]).await?;
            }
        }
        // endregion: redis-reclaim
        Ok(())
    }

    async fn deliveries(&mut self, id: &str) -> RedisResult<usize> {
        let pending: StreamPendingCountReply =
            self.con.xpending_count(&self.stream, &self.group, id, id, 1).await?;
        Ok(pending.ids.first().map_or(0, |entry| entry.times_delivered))
    }

    async fn bury(&mut self, entry: StreamId) -> RedisResult<bool> {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in entry.map {
            fields.push((name, redis::from_redis_value(value)?));
        }
        let _: String = self.con.xadd(format!("{}:dead", self.stream), "*", &fields).await?;
        Ok(true)
    }

    /// Keeps about a week. A limit by length would also delete what no group has read yet.
    // region: redis-add
    pub async fn add(&mut self, fields: &[(&str, &str)]) -> RedisResult<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let week_ago = (now - 7 * 24 * 3_600_000).to_string(); // entry ids begin with milliseconds
        let trim = StreamTrimStrategy::minid(StreamTrimmingMode::Approx, week_ago);
        let options = StreamAddOptions::default().trim(trim);
        self.con.xadd_options(&self.stream, "*", fields, &options).await
    }
    // endregion: redis-add
}
