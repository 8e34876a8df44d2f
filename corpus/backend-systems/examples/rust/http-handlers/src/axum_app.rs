//! Routing, extractors and state of an axum service.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{FromRef, FromRequestParts, Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
        request::Parts,
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

/// Stands for a database pool: cheap to clone.
#[derive(Clone, Default)]
pub struct Pool(pub Arc<Vec<Order>>);

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Order {
    pub id: u64,
    pub customer: String,
}

// region: state
#[derive(Clone, FromRef)]
pub struct App {
    pub pool: Pool,
    pub shop: Arc<str>,
}

pub fn router(app: App) -> Router {
    Router::new()
        .route("/orders", post(create).get(list))
        .route("/orders/{id}", get(show))
        .route("/files/{*path}", get(file))
        .with_state(app)
}
// endregion: state

// region: extractor-order
async fn create(
    State(pool): State<Pool>,
    Query(options): Query<Options>,
    Json(order): Json<Order>, // reads the body: last
) -> impl IntoResponse {
    let known = pool.0.iter().any(|old| old.id == order.id);
    let status = if known && !options.replace { StatusCode::CONFLICT } else { StatusCode::CREATED };
    (status, Json(order))
}
// endregion: extractor-order

// region: query
#[derive(Deserialize)]
pub struct Options {
    #[serde(default)]
    replace: bool,
}

#[derive(Deserialize)]
struct Page {
    after: Option<u64>,
    #[serde(default = "fifty")]
    limit: usize,
}
// endregion: query

fn fifty() -> usize {
    50
}

async fn list(State(pool): State<Pool>, Query(page): Query<Page>) -> Json<Vec<Order>> {
    let after = page.after.unwrap_or(0);
    let limit = page.limit.min(100);
    Json(pool.0.iter().filter(|order| order.id > after).take(limit).cloned().collect())
}

// region: path
async fn show(State(pool): State<Pool>, Path(id): Path<u64>) -> Result<Json<Order>, StatusCode> {
    let order = pool.0.iter().find(|order| order.id == id);
    order.cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}
// endregion: path

async fn file(Path(path): Path<String>) -> String {
    path
}

pub struct User(pub String);

/// Stands for the sessions of a store: token to user.
#[derive(Clone, Default)]
pub struct Sessions(pub Arc<HashMap<String, String>>);

impl Sessions {
    pub fn user_of(&self, token: &str) -> Option<User> {
        self.0.get(token).cloned().map(User)
    }
}

/// 401 has to name a way to authenticate.
pub fn challenge() -> Response {
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]).into_response()
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

// region: custom-extractor
impl<S: Send + Sync> FromRequestParts<S> for User
where
    Sessions: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let token = bearer(&parts.headers).ok_or_else(challenge)?;
        Sessions::from_ref(state).user_of(token).ok_or_else(challenge)
    }
}
// endregion: custom-extractor

async fn whoami(User(name): User) -> String {
    name
}

/// A router of its own for the extractor above.
pub fn private(sessions: Sessions) -> Router {
    Router::new().route("/me", get(whoami)).with_state(sessions)
}

/// Shows the mistake: the path syntax of axum 0.7.
pub fn old_syntax() -> Router {
    // region: old-syntax
    Router::new().route("/orders/:id", get(file))
    // endregion: old-syntax
}

// region: nested
pub fn nested() -> Router {
    let api = Router::new().route("/orders", get(|| async { "orders" }));
    Router::new()
        .nest("/api", api)
        .fallback(|| async { (StatusCode::NOT_FOUND, "no such page") })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "not like this") })
}
// endregion: nested

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    fn app() -> App {
        let order = Order { id: 1, customer: "ada".into() };
        App { pool: Pool(Arc::new(vec![order])), shop: "main".into() }
    }

    async fn status(router: Router, request: Request<Body>) -> StatusCode {
        router.oneshot(request).await.unwrap().status()
    }

    fn get_(uri: &str) -> Request<Body> {
        Request::get(uri).body(Body::empty()).unwrap()
    }

    fn post_(uri: &str, body: &str) -> Request<Body> {
        Request::post(uri)
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    // region: oneshot
    #[tokio::test]
    async fn an_unknown_order_is_404() {
        let request = Request::get("/orders/9").body(Body::empty()).unwrap();
        let response = router(app()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
    // endregion: oneshot

    #[tokio::test]
    async fn extractors_reject_with_their_own_status() {
        let app = || router(app());
        assert_eq!(status(app(), get_("/orders/1")).await, StatusCode::OK);
        assert_eq!(status(app(), get_("/orders/x")).await, StatusCode::BAD_REQUEST);
        assert_eq!(status(app(), get_("/orders?limit=x")).await, StatusCode::BAD_REQUEST);
        assert_eq!(status(app(), post_("/orders", "{")).await, StatusCode::BAD_REQUEST);
        assert_eq!(
            status(app(), post_("/orders", r#"{"id":"one"}"#)).await,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(status(app(), post_("/orders", r#"{"id":1,"customer":"b"}"#)).await, StatusCode::CONFLICT);
        assert_eq!(
            status(app(), post_("/orders?replace=true", r#"{"id":1,"customer":"b"}"#)).await,
            StatusCode::CREATED
        );
        let untyped = Request::post("/orders").body(Body::from("{}")).unwrap();
        assert_eq!(status(app(), untyped).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status(app(), get_("/files/a/b")).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_custom_extractor_rejects_before_the_handler() {
        let sessions = Sessions(Arc::new(HashMap::from([("t1".to_owned(), "ada".to_owned())])));
        let refused = private(sessions.clone()).oneshot(get_("/me")).await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()["www-authenticate"], "Bearer");
        for (token, expected) in [("Bearer t1", StatusCode::OK), ("Bearer t2", StatusCode::UNAUTHORIZED)] {
            let request = Request::get("/me").header("authorization", token).body(Body::empty()).unwrap();
            assert_eq!(status(private(sessions.clone()), request).await, expected);
        }
    }

    #[test]
    #[should_panic(expected = "Path segments must not start with `:`. For capture groups, use `{capture}`")]
    fn the_old_path_syntax_panics() {
        let _ = old_syntax();
    }

    #[test]
    #[should_panic(
        expected = "Path segments must not start with `*`. For wildcard capture, use `{*wildcard}`"
    )]
    fn the_old_wildcard_panics() {
        let _: Router = Router::new().route("/files/*path", get(file));
    }

    #[tokio::test]
    async fn a_literal_colon_needs_the_check_off() {
        let app = Router::new().without_v07_checks().route("/:verb", get(|| async {}));
        assert_eq!(status(app.clone(), get_("/:verb")).await, StatusCode::OK);
        assert_eq!(status(app, get_("/other")).await, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_wildcard_does_not_match_the_empty_rest() {
        assert_eq!(status(router(app()), get_("/files/")).await, StatusCode::NOT_FOUND);
        assert_eq!(
            status(router(app()), get_("/orders/")).await,
            StatusCode::NOT_FOUND,
            "no redirect to /orders"
        );
    }

    #[tokio::test]
    async fn a_repeated_key_needs_the_query_of_axum_extra() {
        #[derive(Deserialize)]
        struct Tags {
            #[serde(default)]
            tag: Vec<String>,
        }
        let app = Router::new()
            .route("/one", get(|Query(tags): Query<Tags>| async move { tags.tag.join(" ") }))
            .route(
                "/many",
                get(|tags: axum_extra::extract::Query<Tags>| async move { tags.0.tag.join(" ") }),
            );
        assert_eq!(status(app.clone(), get_("/one?tag=a&tag=b")).await, StatusCode::BAD_REQUEST);
        let response = app.oneshot(get_("/many?tag=a&tag=b")).await.unwrap();
        assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "a b");
    }

    #[tokio::test]
    async fn absence_is_none_and_nonsense_is_refused() {
        let app = || {
            Router::new().route(
                "/",
                post(
                    |body: Option<Json<u32>>| async move { body.map_or(0, |Json(value)| value).to_string() },
                ),
            )
        };
        let empty = Request::post("/").body(Body::empty()).unwrap();
        assert_eq!(status(app(), empty).await, StatusCode::OK);
        assert_eq!(status(app(), post_("/", "")).await, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn the_first_refusal_is_that_of_the_leftmost_extractor() {
        async fn both(_: Query<Page>, _: User) {}
        async fn turned(_: User, _: Query<Page>) {}
        let app = Router::new().route("/both", get(both)).route("/turned", get(turned));
        let app = app.with_state(Sessions::default());
        assert_eq!(status(app.clone(), get_("/both?limit=x")).await, StatusCode::BAD_REQUEST);
        assert_eq!(status(app, get_("/turned?limit=x")).await, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn fallbacks_answer_unknown_paths_and_methods() {
        assert_eq!(status(nested(), get_("/api/orders")).await, StatusCode::OK);
        assert_eq!(status(nested(), get_("/api/nothing")).await, StatusCode::NOT_FOUND);
        let response = nested().oneshot(post_("/api/orders", "{}")).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET,HEAD", "axum adds the header to a custom answer");
        assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "not like this");
    }

    #[tokio::test]
    async fn a_nested_handler_sees_the_path_without_the_prefix() {
        use axum::extract::OriginalUri;
        let inner = Router::new().route(
            "/orders",
            get(|uri: axum::http::Uri, full: OriginalUri| async move {
                format!("{} {}", uri.path(), full.path())
            }),
        );
        let response = Router::new().nest("/api", inner).oneshot(get_("/api/orders")).await.unwrap();
        assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "/orders /api/orders");
    }

    #[test]
    #[should_panic(expected = "Overlapping method route")]
    fn two_handlers_for_one_method_panic() {
        let _: Router = Router::new().route("/a", get(|| async {})).route("/a", get(|| async {}));
    }
}
