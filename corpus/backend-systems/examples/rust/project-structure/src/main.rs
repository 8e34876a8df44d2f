// region: thin-main
//! Reads the environment, binds the port, and hands over to the library.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, project_structure::app()).with_graceful_shutdown(stop).await
}
// endregion: thin-main
