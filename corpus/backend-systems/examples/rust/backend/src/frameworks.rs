//! The same start in actix-web and Rocket.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

/// Shared by all workers.
pub struct Counter(pub std::sync::atomic::AtomicU64);

// region: actix
pub fn actix(listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let counter = web::Data::new(Counter(0.into())); // outside of the closure: one for all workers
    let server =
        HttpServer::new(move || App::new().app_data(counter.clone()).route("/", web::get().to(hello)))
            .workers(workers) // one per processor that it may use by default; a CPU limit counts
            .shutdown_timeout(20) // seconds for running requests; 30 by default
            .listen(listener)?;
    Ok(server.run()) // SIGTERM waits for running requests; Ctrl-C does not
}
// endregion: actix

async fn hello(counter: web::Data<Counter>) -> String {
    counter.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string()
}

#[rocket::get("/")]
fn index() -> &'static str {
    "ok"
}

// region: rocket
pub fn rocket(port: u16) -> rocket::Rocket<rocket::Build> {
    let shutdown = rocket::config::Shutdown { grace: 15, mercy: 5, ..Default::default() };
    let config = rocket::Config { address: [0, 0, 0, 0].into(), port, shutdown, ..Default::default() };
    rocket::custom(config).mount("/", rocket::routes![index]) // 127.0.0.1 by default: unreachable in a container
}
// endregion: rocket
