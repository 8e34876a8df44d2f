//! Counts how many requests reach a service that is down, for three ways to retry.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use resilience::guard::{Config, Guard};

const REQUESTS: u32 = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arrived = Arc::new(AtomicU32::new(0));
    let counter = arrived.clone();
    let down = Router::new().route(
        "/",
        get(move || async move {
            counter.fetch_add(1, SeqCst);
            StatusCode::SERVICE_UNAVAILABLE
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, down).await });

    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build()?;
    let ask = || async { client.get(&url).send().await?.error_for_status() };

    for _ in 0..REQUESTS {
        for _ in 0..3 * 3 * 3 {
            let _ = ask().await; // each of three layers tries three times
        }
    }
    println!("three layers, three tries:   {REQUESTS} requests became {}", arrived.swap(0, SeqCst));

    for _ in 0..REQUESTS {
        for _ in 0..3 {
            let _ = ask().await;
        }
    }
    println!("one layer, three tries:      {REQUESTS} requests became {}", arrived.swap(0, SeqCst));

    let guard = Guard::new(Config {
        timeout: Duration::from_secs(1),
        attempts: 3,
        base: Duration::from_millis(1),
        limit: Duration::from_millis(4),
        retry_share: 0.1,
        window: Duration::from_secs(10),
        open_for: Duration::from_secs(5),
    });
    for _ in 0..REQUESTS {
        let _ = guard.run(ask, |error: &reqwest::Error| error.is_timeout() || error.is_status()).await;
    }
    println!("budget of 10 % and breaker:  {REQUESTS} requests became {}", arrived.swap(0, SeqCst));
    Ok(())
}
