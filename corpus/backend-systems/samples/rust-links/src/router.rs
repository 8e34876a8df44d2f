//! The HTTP side of the service.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};
use tokio::sync::mpsc::UnboundedSender;

/// What the handlers share.
#[derive(Clone)]
pub struct App {
    pub pool: PgPool,
    pub clicks: UnboundedSender<i64>,
}

/// Returns the router with all routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/links", post(create).get(list))
        .route("/{slug}", get(follow))
        .with_state(app)
}

#[derive(Deserialize)]
struct NewLink {
    slug: String,
    target: String,
}

#[derive(Serialize, FromRow)]
struct Link {
    id: i64,
    slug: String,
    target: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    page: i64,
}

async fn create(State(app): State<App>, Json(link): Json<NewLink>) -> Response {
    let created = sqlx::query_as::<_, Link>(
        "INSERT INTO links (slug, target) VALUES ($1, $2) RETURNING id, slug, target",
    )
    .bind(&link.slug)
    .bind(&link.target)
    .fetch_one(&app.pool)
    .await;
    match created {
        Ok(link) => (StatusCode::CREATED, Json(link)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn list(State(app): State<App>, Query(page): Query<Page>) -> Json<Vec<Link>> {
    let found =
        sqlx::query_as("SELECT id, slug, target FROM links ORDER BY id LIMIT 100 OFFSET $1")
            .bind(page.page * 100)
            .fetch_all(&app.pool)
            .await
            .unwrap();
    Json(found)
}

async fn follow(State(app): State<App>, Path(slug): Path<String>) -> Response {
    let found: Option<Link> =
        sqlx::query_as("SELECT id, slug, target FROM links WHERE lower(slug) = lower($1)")
            .bind(&slug)
            .fetch_optional(&app.pool)
            .await
            .unwrap();
    match found {
        Some(link) => {
            let _ = app.clicks.send(link.id);
            Redirect::temporary(&link.target).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
