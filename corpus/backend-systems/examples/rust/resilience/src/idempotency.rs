//! One effect for many requests with the same key.

use sqlx::{PgPool, Postgres, Transaction};

/// One row per key; a job deletes rows older than a day.
pub const TABLE: &str = "CREATE TABLE idempotency_keys (
    account_id bigint NOT NULL, key text NOT NULL, request_hash bytea NOT NULL,
    status integer, body bytea, created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key))";

#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub status: i32,
    pub body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    #[error("the key was used for another request")] // 422
    KeyReused,
    #[error("the first request is still running")] // 409
    Running,
    #[error("idempotency store")]
    Store(#[source] sqlx::Error),
}

impl From<sqlx::Error> for OnceError {
    fn from(error: sqlx::Error) -> Self {
        let state = error.as_database_error().and_then(|e| e.code()).unwrap_or_default();
        if state == "55P03" { OnceError::Running } else { OnceError::Store(error) } // lock_not_available
    }
}

pub async fn once<E>(db: &PgPool, account: i64, key: &str, hash: &[u8], effect: E) -> Result<Reply, OnceError>
where
    E: AsyncFnOnce(&mut Transaction<'static, Postgres>) -> Result<Reply, sqlx::Error>,
{
    // region: idempotent
    let mut tx = db.begin().await?;
    if let Some(reply) = claim(&mut tx, account, key, hash).await? {
        return Ok(reply);
    }
    let reply = effect(&mut tx).await?; // an error rolls back, which frees the key
    save(&mut tx, account, key, &reply).await?;
    tx.commit().await?;
    Ok(reply)
    // endregion: idempotent
}

async fn claim(
    tx: &mut Transaction<'static, Postgres>,
    account: i64,
    key: &str,
    hash: &[u8],
) -> Result<Option<Reply>, OnceError> {
    // region: claim-key
    sqlx::query("SET LOCAL lock_timeout = '2s'").execute(&mut **tx).await?;
    let insert = "INSERT INTO idempotency_keys (account_id, key, request_hash)
                  VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"; // waits for a running twin
    let inserted = sqlx::query(insert).bind(account).bind(key).bind(hash).execute(&mut **tx).await?;
    if inserted.rows_affected() == 1 {
        return Ok(None);
    }
    stored(tx, account, key, hash).await.map(Some)
    // endregion: claim-key
}

async fn stored(
    tx: &mut Transaction<'static, Postgres>,
    account: i64,
    key: &str,
    hash: &[u8],
) -> Result<Reply, OnceError> {
    let select = "SELECT request_hash, status, body FROM idempotency_keys WHERE account_id = $1 AND key = $2";
    let (seen, status, body): (Vec<u8>, i32, Vec<u8>) =
        sqlx::query_as(select).bind(account).bind(key).fetch_one(&mut **tx).await?;
    if seen == hash { Ok(Reply { status, body }) } else { Err(OnceError::KeyReused) }
}

async fn save(
    tx: &mut Transaction<'static, Postgres>,
    account: i64,
    key: &str,
    reply: &Reply,
) -> Result<(), sqlx::Error> {
    let update = "UPDATE idempotency_keys SET status = $3, body = $4 WHERE account_id = $1 AND key = $2";
    sqlx::query(update)
        .bind(account)
        .bind(key)
        .bind(reply.status)
        .bind(&reply.body)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
