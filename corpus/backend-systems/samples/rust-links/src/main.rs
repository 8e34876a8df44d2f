//! Starts the link shortener: the API and the task that writes clicks.

use links::{clicks, router, settings::Settings};
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::mpsc};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let settings = Settings::from_env();
    let pool = PgPool::connect(&settings.database_url).await?;
    sqlx::migrate!().run(&pool).await?;

    let (clicks, received) = mpsc::unbounded_channel();
    tokio::spawn(clicks::write_clicks(pool.clone(), received));

    let listener = TcpListener::bind(&settings.address).await?;
    tracing::info!(address = %settings.address, "listening");
    axum::serve(listener, router::router(router::App { pool, clicks })).await?;
    Ok(())
}
