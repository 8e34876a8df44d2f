//! Files and compressed responses.

use std::path::Path;

use axum::{Router, http::StatusCode, routing::get};
use tower_http::{
    compression::CompressionLayer,
    services::{ServeDir, ServeFile},
};

// region: serve-files
pub fn site(folder: &Path) -> Router {
    let api =
        Router::new().route("/health", get(|| async { "ok" })).fallback(|| async { StatusCode::NOT_FOUND });
    Router::new()
        .nest("/api", api)
        .nest_service("/assets", ServeDir::new(folder.join("assets")).precompressed_gzip())
        .fallback_service(ServeFile::new(folder.join("index.html"))) // the browser routes
}
// endregion: serve-files

/// Compresses what is worth it.
pub fn compressed() -> Router {
    // region: compression
    Router::new()
        .route("/report", get(|| async { "all orders ".repeat(1000) }))
        .route("/short", get(|| async { "ok" }))
        .layer(CompressionLayer::new())
    // endregion: compression
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request, response::Response};
    use tower::ServiceExt;

    async fn get_(app: Router, uri: &str, header: (&str, &str)) -> Response {
        app.oneshot(Request::get(uri).header(header.0, header.1).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn files_have_types_and_etags_and_stay_in_their_folder() {
        let folder = std::env::temp_dir().join(format!("site-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(folder.join("index.html"), "<p>home</p>").unwrap();
        std::fs::write(folder.join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join("assets/app.js"), "run()").unwrap();
        std::fs::write(folder.join("assets/app.js.gz"), "zipped").unwrap();
        std::fs::write(folder.join("assets/.env"), "KEY=1").unwrap();
        let app = || site(&folder);
        let plain = ("accept", "*/*");

        let script = get_(app(), "/assets/app.js", plain).await;
        assert_eq!(
            (script.status().as_u16(), &script.headers()["content-type"]),
            (200, &"text/javascript".parse().unwrap())
        );
        let tag = script.headers()["etag"].to_str().unwrap().to_owned();
        let again = get_(app(), "/assets/app.js", ("if-none-match", &tag)).await;
        assert_eq!(again.status(), 304);
        let zipped = get_(app(), "/assets/app.js", ("accept-encoding", "gzip")).await;
        assert_eq!(zipped.headers()["content-encoding"], "gzip");
        for outside in [
            "/assets/../secret.txt",
            "/assets/%2e%2e/secret.txt",
            "/assets/..%2fsecret.txt",
            "/assets/nothing",
            "/api/nothing",
        ] {
            assert_eq!(get_(app(), outside, plain).await.status(), 404, "{outside}");
        }
        assert_eq!(get_(app(), "/assets/.env", plain).await.status(), 200, "hidden files are served");
        let page = get_(app(), "/orders/7", plain).await;
        assert_eq!(
            (page.status().as_u16(), &page.headers()["content-type"]),
            (200, &"text/html".parse().unwrap())
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn large_text_is_compressed_and_short_text_is_not() {
        let gzip = ("accept-encoding", "gzip");
        let report = get_(compressed(), "/report", gzip).await;
        assert_eq!(report.headers()["content-encoding"], "gzip");
        assert_eq!(report.headers()["vary"], "accept-encoding");
        assert!(!report.headers().contains_key("content-length"));
        assert!(!get_(compressed(), "/short", gzip).await.headers().contains_key("content-encoding"));
        let refused = get_(compressed(), "/report", ("accept-encoding", "identity;q=0")).await;
        assert_eq!(refused.status(), 406);
    }
}
