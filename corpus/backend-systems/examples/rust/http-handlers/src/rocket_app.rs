//! The same service on Rocket 0.5.

use rocket::{
    Build, Rocket, State, catch, catchers,
    data::{Limits, ToByteUnit},
    get, post,
    response::status::Created,
    routes,
    serde::json::{Json, Value, json},
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub struct NewOrder {
    customer: String,
}

pub struct Shop(pub &'static str);

// region: rocket-handlers
#[post("/orders", data = "<order>")]
fn create(order: Json<NewOrder>, shop: &State<Shop>) -> Created<Json<NewOrder>> {
    Created::new(format!("/{}/orders/1", shop.0)).body(order)
}

#[get("/orders/<id>")]
fn show(id: u64) -> Option<Json<u64>> {
    (id != 0).then_some(Json(id)) // None answers 404
}
// endregion: rocket-handlers

// region: rocket-catchers
#[catch(default)]
fn refused(status: rocket::http::Status, _: &rocket::Request<'_>) -> Value {
    json!({ "title": status.reason_lossy(), "status": status.code })
}

pub fn build() -> Rocket<Build> {
    let limits = Limits::default().limit("json", 64.kibibytes());
    rocket::custom(rocket::Config::figment().merge(("limits", limits)))
        .manage(Shop("main"))
        .mount("/", routes![create, show])
        .register("/", catchers![refused])
}
// endregion: rocket-catchers

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::{http::ContentType, local::blocking::Client};

    #[test]
    fn limits_and_catchers_answer_in_json() {
        let client = Client::tracked(build()).unwrap();
        let big = format!(r#"{{"customer":"{}"}}"#, "x".repeat(70 << 10));
        for (body, status) in
            [(r#"{"customer":"ada"}"#, 201), ("{", 400), (big.as_str(), 413), (r#"{"name":1}"#, 422)]
        {
            let response = client.post("/orders").header(ContentType::JSON).body(body).dispatch();
            assert_eq!(response.status().code, status);
            assert_eq!(response.content_type(), Some(ContentType::JSON));
        }
        assert_eq!(client.get("/orders/0").dispatch().status().code, 404);
        assert_eq!(client.get("/orders/7").dispatch().status().code, 200);
    }
}
