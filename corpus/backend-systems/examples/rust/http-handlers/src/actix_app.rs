//! The same service on actix-web 4.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{App, HttpResponse, ResponseError, error, http::StatusCode, web};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub struct NewOrder {
    pub customer: String,
}

#[derive(Default)]
pub struct Counter(AtomicU64);

// region: actix-handler
pub async fn create(orders: web::Data<Counter>, order: web::Json<NewOrder>) -> HttpResponse {
    let id = orders.0.fetch_add(1, Ordering::Relaxed) + 1;
    HttpResponse::Created().insert_header(("location", format!("/orders/{id}"))).json(order.into_inner())
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/orders", web::post().to(create)).route("/orders/{id}", web::get().to(show));
}
// endregion: actix-handler

// region: actix-json-config
pub fn json_config() -> web::JsonConfig {
    web::JsonConfig::default().limit(64 << 10).error_handler(|error, _| {
        let body = serde_json::json!({ "title": "body is not valid" });
        let response = HttpResponse::build(error.status_code()).json(body);
        error::InternalError::from_response(error, response).into()
    })
}
// endregion: actix-json-config

#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error("no such order")]
    NotFound,
}

// region: actix-error
impl ResponseError for ShopError {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

pub async fn show(id: web::Path<u64>) -> Result<HttpResponse, ShopError> {
    if *id == 0 { Err(ShopError::NotFound) } else { Ok(HttpResponse::Ok().json(*id)) }
}
// endregion: actix-error

// region: actix-shared-state
pub async fn serve(address: &str) -> std::io::Result<()> {
    let orders = web::Data::new(Counter::default()); // once, not inside the factory
    actix_web::HttpServer::new(move || {
        App::new().app_data(orders.clone()).app_data(json_config()).configure(routes)
    })
    .client_request_timeout(std::time::Duration::from_secs(5))
    .bind(address)?
    .run()
    .await
}
// endregion: actix-shared-state

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test;

    #[actix_web::test]
    async fn bodies_are_bounded_and_refusals_are_json() {
        let orders = web::Data::new(Counter::default());
        let app =
            test::init_service(App::new().app_data(orders).app_data(json_config()).configure(routes)).await;
        for (body, status) in [
            (r#"{"customer":"ada"}"#.to_owned(), 201),
            ("{".to_owned(), 400),
            (format!(r#"{{"customer":"{}"}}"#, "x".repeat(70 << 10)), 413),
        ] {
            let request = test::TestRequest::post()
                .uri("/orders")
                .insert_header(("content-type", "application/json"))
                .set_payload(body);
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
        }
        let missing = test::call_service(&app, test::TestRequest::get().uri("/orders/0").to_request()).await;
        assert_eq!(missing.status(), 404);
        let wrong = test::call_service(&app, test::TestRequest::get().uri("/orders/x").to_request()).await;
        assert_eq!(wrong.status(), 404, "a path that does not parse is 404 in actix-web");
    }
}
