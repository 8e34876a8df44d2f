//! Validators: an unchanged representation is answered with 304.

use crate::users::User;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

// region: http-etag
pub fn write_user(request: &HeaderMap, user: User) -> Response {
    let etag = format!("\"user-{}-{}\"", user.id, user.version);
    let headers = [
        (header::CACHE_CONTROL, "private, no-cache".to_owned()), // store, but ask each time
        (header::ETAG, etag.clone()),
    ];
    if is_match(request, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Json(user)).into_response()
}
// endregion: http-etag

// region: http-etag-match
fn is_match(request: &HeaderMap, etag: &str) -> bool {
    let fields = request.get_all(header::IF_NONE_MATCH);
    let lists = fields.iter().filter_map(|field| field.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/")) // the comparison is weak
        .any(|tag| tag == etag || tag == "*")
}
// endregion: http-etag-match

// region: http-leak
/// Lets a CDN give one user's answer, cookie included, to the next user.
pub fn public_profile(user: &User) -> Response {
    let headers = [
        (header::SET_COOKIE, "session=abc; HttpOnly; Secure"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, Json(user)).into_response()
}
// endregion: http-leak
