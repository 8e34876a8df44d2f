// region: thin-main
//! Reads the environment, binds the port, and hands over to the library.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    project_structure::serve(listener).await
}
// endregion: thin-main
