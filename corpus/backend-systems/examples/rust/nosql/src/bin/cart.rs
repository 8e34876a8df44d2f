//! Keeps shopping carts in Redis: one hash per cart, an expiry that each change renews, stock taken by a script.

use std::collections::BTreeMap;

use nosql::{keys::cart_key, store::take_stock};
use redis::{AsyncCommands, RedisResult, aio::MultiplexedConnection};

const CART_SECONDS: i64 = 24 * 3600;

/// Puts `n` pieces into the cart and keeps the cart for another day.
async fn add(db: &mut MultiplexedConnection, user: i64, sku: &str, n: u32) -> RedisResult<()> {
    redis::pipe()
        .atomic()
        .hincr(cart_key(user), sku, n)
        .expire(cart_key(user), CART_SECONDS)
        .exec_async(db)
        .await
}

/// Takes the stock of each piece, or nothing of a piece that is sold out.
async fn checkout(db: &mut MultiplexedConnection, user: i64) -> RedisResult<()> {
    let cart: BTreeMap<String, u32> = db.hgetall(cart_key(user)).await?;
    for (sku, n) in cart {
        match take_stock(db, &format!("shop:stock:{sku}"), n).await? {
            Some(left) => println!("{sku}: took {n}, {left} left"),
            None => println!("{sku}: sold out"),
        }
    }
    db.del(cart_key(user)).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = redis::Client::open(format!("redis://{}/", std::env::var("REDIS_ADDR")?))?;
    let mut db = client.get_multiplexed_async_connection().await?;
    db.mset::<_, _, ()>(&[("shop:stock:tea", 5), ("shop:stock:cup", 1)]).await?;
    for item in ["tea", "tea", "cup", "cup"] {
        add(&mut db, 7, item, 1).await?;
    }
    let seconds: i64 = db.ttl(cart_key(7)).await?;
    println!("cart of user 7 is kept for {}h", (seconds + 3599) / 3600);
    checkout(&mut db, 7).await?;
    Ok(())
}
