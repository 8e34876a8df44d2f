//! What the compiler refuses in axum handlers, each beside the form that it takes.
//!
//! A body extractor that is not the last parameter:
//!
//! ```compile_fail,E0277
//! use axum::{Json, Router, extract::Query, routing::post};
//! async fn create(_: Json<u32>, _: Query<()>) {}
//! let _: Router = Router::new().route("/", post(create));
//! ```
//! ```
//! use axum::{Json, Router, extract::Query, routing::post};
//! #[axum::debug_handler] // for the message; delete it once the handler compiles
//! async fn create(_: Query<()>, _: Json<u32>) {}
//! let _: Router = Router::new().route("/", post(create));
//! ```
//!
//! A std guard that lives over an await, since a handler's future has to be `Send`:
//!
//! ```compile_fail,E0277
//! use std::sync::{Arc, Mutex};
//! use axum::{Router, extract::State, routing::get};
//! async fn count(State(hits): State<Arc<Mutex<u64>>>) -> String {
//!     let mut hits = hits.lock().unwrap();
//!     *hits += 1;
//!     tokio::task::yield_now().await;
//!     hits.to_string()
//! }
//! let _: Router = Router::new().route("/", get(count)).with_state(Default::default());
//! ```
//! ```
//! use std::sync::{Arc, Mutex};
//! use axum::{Router, extract::State, routing::get};
//! async fn count(State(hits): State<Arc<Mutex<u64>>>) -> String {
//!     let now = {
//!         let mut hits = hits.lock().unwrap();
//!         *hits += 1;
//!         *hits
//!     };
//!     tokio::task::yield_now().await;
//!     now.to_string()
//! }
//! let _: Router = Router::new().route("/", get(count)).with_state(Default::default());
//! ```
//!
//! actix-web takes the same function, and it can then deadlock:
//!
//! ```
//! use std::sync::Mutex;
//! use actix_web::{App, web};
//! async fn count(hits: web::Data<Mutex<u64>>) -> String {
//!     let mut hits = hits.lock().unwrap();
//!     *hits += 1;
//!     tokio::task::yield_now().await;
//!     hits.to_string()
//! }
//! let _ = App::new().app_data(web::Data::new(Mutex::new(0_u64))).route("/", web::get().to(count));
//! ```
//!
//! A state that is not of the type that the handler asks for:
//!
//! ```compile_fail,E0308
//! use axum::{Router, extract::State, routing::get};
//! async fn show(_: State<u64>) {}
//! let _: Router = Router::new().route("/", get(show)).with_state(String::new());
//! ```
//! ```
//! use axum::{Router, extract::State, routing::get};
//! async fn show(_: State<u64>) {}
//! let _: Router = Router::new().route("/", get(show)).with_state(7);
//! ```
//!
//! `Option` around an extractor that does not say what absence means:
//!
//! ```compile_fail,E0277
//! use axum::{Router, extract::Query, routing::get};
//! async fn list(_: Option<Query<u32>>) {}
//! let _: Router = Router::new().route("/", get(list));
//! ```
//! ```
//! use axum::{Json, Router, extract::{Path, Query, rejection::QueryRejection}, routing::get};
//! async fn list(_: Option<Path<u32>>, _: Result<Query<u32>, QueryRejection>, _: Option<Json<u32>>) {}
//! let _: Router = Router::new().route("/", get(list));
//! ```
//!
//! A layer of tower whose service cannot be cloned, and one whose errors nobody handles:
//!
//! ```compile_fail,E0277
//! use std::time::Duration;
//! use axum::{Router, routing::get};
//! use tower::limit::RateLimitLayer;
//! let limit = RateLimitLayer::new(5, Duration::from_secs(1));
//! let _: Router = Router::new().route("/", get(|| async {})).layer(limit);
//! ```
//! ```compile_fail,E0277
//! use axum::{Router, routing::get};
//! let _: Router = Router::new().route("/", get(|| async {})).layer(tower::load_shed::LoadShedLayer::new());
//! ```
//! ```
//! use std::time::Duration;
//! use axum::{Router, error_handling::HandleErrorLayer, http::StatusCode, routing::get};
//! use tower::{BoxError, ServiceBuilder, buffer::BufferLayer, limit::RateLimitLayer};
//! let limit = ServiceBuilder::new()
//!     .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
//!     .layer(BufferLayer::new(100))
//!     .layer(RateLimitLayer::new(5, Duration::from_secs(1)));
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let _: Router = Router::new().route("/", get(|| async {})).layer(limit);
//! # });
//! ```
