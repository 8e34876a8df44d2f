//! The same service on Rocket 0.5.

use std::{sync::Arc, time::Duration};

use rocket::{
    Build, Data, Request, Rocket, State, catch, catchers,
    data::{Limits, ToByteUnit},
    get,
    http::Status,
    post,
    request::{FromRequest, Outcome},
    response::status::Created,
    routes,
    serde::json::{Json, Value, json},
    tokio::{
        sync::{OwnedSemaphorePermit, Semaphore},
        time::{sleep, timeout},
    },
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub struct NewOrder {
    customer: String,
}

pub struct Shop(pub &'static str);

// region: rocket-handlers
#[post("/orders", format = "json", data = "<order>")]
fn create(order: Json<NewOrder>, shop: &State<Shop>) -> Created<Json<NewOrder>> {
    Created::new(format!("/{}/orders/1", shop.0)).body(order)
}

#[get("/orders/<id>?<limit>")]
fn show(id: u64, limit: Option<u32>) -> Option<Json<u64>> {
    let shown = id + u64::from(limit.unwrap_or(0));
    (id != 0).then_some(Json(shown)) // None answers 404
}
// endregion: rocket-handlers

// region: rocket-catchers
#[catch(default)]
fn refused(status: Status, _: &Request<'_>) -> Value {
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

pub struct Slot(pub OwnedSemaphorePermit);

// region: rocket-guard
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Slot {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let slots = request.rocket().state::<Arc<Semaphore>>();
        match slots.map(|slots| slots.clone().try_acquire_owned()) {
            Some(Ok(slot)) => Outcome::Success(Slot(slot)), // free again when the handler ends
            _ => Outcome::Error((Status::ServiceUnavailable, ())),
        }
    }
}
// endregion: rocket-guard

// region: rocket-timeout
#[get("/report")]
async fn report(_slot: Slot) -> Result<&'static str, Status> {
    timeout(Duration::from_millis(200), work()).await.map_err(|_| Status::GatewayTimeout)
}
// endregion: rocket-timeout

async fn work() -> &'static str {
    sleep(Duration::from_secs(60)).await;
    "done"
}

// region: rocket-stream
#[post("/import", data = "<data>")]
async fn import(data: Data<'_>) -> Result<String, Status> {
    let sink = rocket::tokio::io::sink(); // a file in a real service
    match data.open(64.mebibytes()).stream_to(sink).await {
        Ok(read) if read.complete => Ok(read.written.to_string()),
        Ok(_) => Err(Status::PayloadTooLarge),
        Err(_) => Err(Status::BadRequest),
    }
}
// endregion: rocket-stream

/// Routes with a limit, a timeout and a streamed body of their own.
pub fn bounded() -> Rocket<Build> {
    build().manage(Arc::new(Semaphore::new(1))).mount("/", routes![report, import])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::{
        http::{Accept, ContentType},
        local::{asynchronous, blocking::Client},
    };

    // region: rocket-test
    #[test]
    fn an_order_is_created() {
        let client = Client::tracked(build()).unwrap();
        let order = r#"{"customer":"ada"}"#;
        let response = client.post("/orders").header(ContentType::JSON).body(order).dispatch();
        assert_eq!(response.status(), Status::Created);
        assert_eq!(response.headers().get_one("location"), Some("/main/orders/1"));
    }
    // endregion: rocket-test

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
        let untyped = client.post("/orders").body(r#"{"customer":"ada"}"#).dispatch();
        assert_eq!(untyped.status().code, 404, "format = \"json\" does not match");
        for (uri, status) in [("/orders/0", 404), ("/orders/7", 200), ("/orders/x", 422), ("/none", 404)] {
            assert_eq!(client.get(uri).dispatch().status().code, status, "{uri}");
        }
        assert_eq!(client.delete("/orders/7").dispatch().status().code, 404, "Rocket has no 405");
        let wrong = client.get("/orders/7?limit=x").dispatch();
        assert_eq!(
            wrong.into_string().unwrap(),
            "7",
            "an Option query parameter swallows what does not parse"
        );
    }

    #[test]
    fn without_a_catcher_the_answer_follows_the_accept_header() {
        let client = Client::tracked(rocket::build()).unwrap();
        let answer = |accept| client.get("/none").header(accept).dispatch().content_type();
        assert_eq!(answer(Accept::HTML), Some(ContentType::HTML));
        assert_eq!(answer(Accept::JSON), Some(ContentType::JSON));
        assert_eq!(client.get("/none").dispatch().content_type(), Some(ContentType::HTML));
    }

    #[test]
    fn a_text_over_its_limit_is_cut_or_refused() {
        #[post("/text", data = "<text>")]
        fn text(text: String) -> String {
            text.len().to_string()
        }
        #[post("/capped", data = "<text>")]
        fn capped(text: rocket::data::Capped<String>) -> String {
            text.len().to_string()
        }
        let client = Client::tracked(bounded().mount("/", routes![text, capped])).unwrap();
        let send = |uri, size| client.post(uri).body("x".repeat(size)).dispatch();
        assert_eq!(send("/text", 8 << 10).status().code, 200);
        assert_eq!(send("/text", (8 << 10) + 1).status().code, 400, "only Json says 413");
        assert_eq!(send("/capped", 9 << 10).into_string().unwrap(), "8192");
        assert_eq!(send("/import", 3 << 20).into_string().unwrap(), "3145728");
        assert_eq!(send("/import", (64 << 20) + 1).status().code, 413);
    }

    #[test]
    fn missing_state_stops_the_launch() {
        let error = Client::tracked(rocket::build().mount("/", routes![create])).unwrap_err();
        assert!(matches!(error.kind(), rocket::error::ErrorKind::SentinelAborts(_)));
    }

    #[rocket::async_test]
    async fn a_slot_limits_one_route_and_a_timeout_ends_it() {
        let client = asynchronous::Client::tracked(bounded()).await.unwrap();
        let (first, second) =
            rocket::tokio::join!(client.get("/report").dispatch(), client.get("/report").dispatch());
        assert_eq!((first.status(), second.status()), (Status::GatewayTimeout, Status::ServiceUnavailable));
        assert_eq!(client.get("/orders/7").dispatch().await.status(), Status::Ok);
    }

    #[test]
    fn a_panic_is_a_500() {
        #[get("/broken")]
        fn broken() -> &'static str {
            panic!("boom")
        }
        let client = Client::tracked(rocket::build().mount("/", routes![broken])).unwrap();
        assert_eq!(client.get("/broken").dispatch().status(), Status::InternalServerError);
    }
}
