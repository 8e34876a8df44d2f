use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use backend::config::load;
use backend::database::{connect, count, diesel_pool, report_pool, transfer};
use backend::health::{Health, routes};
use backend::lifecycle::{Workers, serve, spawn_worker};
use backend::state::{App, Limits, Mailer, fetch_carelessly, http_client, reload, router};
use backend::telemetry::{init_logging, measure, metrics_route, ship, traced};
use figment::Jail;
use http_body_util::BodyExt;
use secrecy::SecretString;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tower::ServiceExt;

#[test]
#[allow(clippy::result_large_err)] // the error type of figment's own Jail
fn settings_come_from_defaults_a_file_and_the_environment() {
    Jail::expect_with(|jail| {
        jail.create_file("shop.toml", "pool_size = 5\nlisten = \"0.0.0.0:80\"")?;
        jail.set_env("SHOP_DATABASE_URL", "postgres://shop:hunter2@db/shop");
        jail.set_env("SHOP_POOL_SIZE", "7");
        let settings = load("shop.toml").unwrap();
        assert_eq!((settings.pool_size, settings.listen.port()), (7, 80));
        assert_eq!(settings.request_timeout(), Duration::from_secs(5));
        assert!(!format!("{settings:?}").contains("hunter2"));
        jail.set_env("SHOP_POOL_SIZE", "many");
        let error = load("shop.toml").unwrap_err().to_string();
        assert!(error.contains("invalid type") && error.contains("POOL_SIZE"), "{error}");
        jail.set_env("SHOP_POOL_SIZE", "0");
        assert_eq!(load("shop.toml").unwrap_err().to_string(), "pool_size has to be 1 to 100");
        Ok(())
    });
    Jail::expect_with(|_| {
        assert!(load("shop.toml").unwrap_err().to_string().contains("missing field `database_url`"));
        Ok(())
    });
}

#[derive(Default)]
struct List(Mutex<Vec<String>>);

impl Mailer for List {
    fn send(&self, to: &str) -> anyhow::Result<()> {
        self.0.lock().unwrap().push(to.to_owned());
        Ok(())
    }
}

fn lazy_pool() -> PgPool {
    PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(200))
        .connect_lazy("postgres://127.0.0.1:1/none")
        .unwrap()
}

#[tokio::test]
async fn handlers_take_the_part_of_the_state_that_they_need() {
    let mails = Arc::new(List::default());
    let limits = Arc::new(ArcSwap::from_pointee(Limits { max_items: 10 }));
    let app = App { db: lazy_pool(), http: http_client().unwrap(), mailer: mails.clone(), limits };
    let get = |path: &str| router(app.clone()).oneshot(Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(get("/invite").await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(*mails.0.lock().unwrap(), ["ann@example.com"]);
    reload(&app, Limits { max_items: 3 });
    let body = get("/limits").await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "3");
}

#[tokio::test]
async fn readiness_fails_without_a_database_and_liveness_does_not() {
    let health = Health { db: lazy_pool(), draining: Arc::default() };
    let get = |path: &str| routes(health.clone()).oneshot(Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(get("/live").await.unwrap().status(), StatusCode::OK);
    assert_eq!(get("/ready").await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn metrics_name_the_route_and_not_the_path() {
    let handle = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().unwrap();
    let app = Router::new().route("/orders/{id}", get(|| async {})).layer(axum::middleware::from_fn(measure));
    let app = traced(app).merge(metrics_route(handle));
    let get = |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
    get("/orders/7").await.unwrap();
    let text = get("/metrics").await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains(r#"route="/orders/{id}""#) && !text.contains("/orders/7"), "{text}");
}

#[tokio::test]
async fn logging_can_be_set_up_once() {
    init_logging();
    assert!(std::panic::catch_unwind(init_logging).is_err());
    assert!(ship(1, "").await.is_err());
    assert!(ship(1, "Main Street").await.is_ok());
}

#[tokio::test]
async fn a_client_per_call_works_and_opens_a_connection_each_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().unwrap(); // a second call, a second connection
            _ = socket.read(&mut [0; 1024]).unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
        }
    });
    for _ in 0..2 {
        assert_eq!(fetch_carelessly(&url).await.unwrap(), "ok");
    }
    server.join().unwrap();
}

#[tokio::test]
async fn workers_and_requests_end_within_the_grace_time() {
    let workers = Workers::default();
    spawn_worker(&workers, Duration::from_millis(5), || async {
        tokio::time::sleep(Duration::from_millis(50)).await
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = tokio::time::sleep(Duration::from_millis(30));
    serve(listener, Router::new(), stop, workers, Duration::from_secs(2)).await.unwrap();

    let workers = Workers::default();
    workers.tasks.spawn(std::future::pending::<()>()); // one that never ends
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let late = serve(listener, Router::new(), async {}, workers, Duration::from_millis(100)).await;
    assert_eq!(late.unwrap_err().to_string(), "requests or workers were still running after 100ms");
}

#[test]
fn actix_shares_state_that_is_made_outside_of_the_closure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::System::new().block_on(async move {
        let server = backend::frameworks::actix(listener, 2).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let bodies = tokio::task::spawn_blocking(move || (0..4).map(|_| ask(address)).collect::<Vec<_>>())
            .await
            .unwrap();
        assert_eq!(bodies, ["0", "1", "2", "3"]);
        handle.stop(true).await;
    });
}

fn ask(address: std::net::SocketAddr) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.rsplit("\r\n").next().unwrap().to_owned()
}

#[test]
fn rocket_listens_on_loopback_by_default() {
    assert!(rocket::Config::default().address.is_loopback());
    assert_eq!((rocket::Config::default().shutdown.grace, rocket::Config::default().shutdown.mercy), (2, 3));
    let rocket = backend::frameworks::rocket(0);
    assert!(rocket.figment().extract::<rocket::Config>().unwrap().address.is_unspecified());
}

#[test]
fn defaults_of_the_sqlx_pool() {
    let pool: PgPoolOptions = PgPoolOptions::new();
    assert_eq!((pool.get_max_connections(), pool.get_min_connections()), (10, 0));
    assert_eq!(pool.get_acquire_timeout(), Duration::from_secs(30));
    assert_eq!(pool.get_idle_timeout(), Some(Duration::from_secs(600)));
    assert_eq!(pool.get_max_lifetime(), Some(Duration::from_secs(1800)));
    assert!(pool.get_test_before_acquire());
}

#[test]
fn a_slow_wait_for_a_connection_is_logged_after_two_seconds() {
    let pool: PgPoolOptions = PgPoolOptions::new();
    assert_eq!(pool.get_acquire_slow_threshold(), Duration::from_secs(2));
}

#[tokio::test]
async fn sqlx_without_tls_refuses_a_url_that_requires_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap(); // nobody answers: the error comes before the first byte
    let url = format!("postgres://127.0.0.1:{}/x?sslmode=require", listener.local_addr().unwrap().port());
    let error = connect(&SecretString::from(url), 1).await.unwrap_err().to_string();
    assert!(
        error.contains(
            "TLS upgrade required by connect options but SQLx was built without TLS support enabled"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_pool_says_so() {
    let error = sqlx::query("SELECT 1").execute(&lazy_pool()).await.unwrap_err().to_string();
    assert_eq!(error, "pool timed out while waiting for an open connection");
}

#[tokio::test]
async fn pools_transactions_and_stale_plans() {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return;
    };
    let schema = format!("rust_backend_{}", std::process::id());
    let dsn = format!("{dsn}&options=-c%20search_path%3D{schema}");
    let admin = connect(&SecretString::from(dsn.clone()), 2).await.unwrap();
    let create = format!(
        "CREATE SCHEMA {schema}; CREATE TABLE accounts (id bigint PRIMARY KEY, cents bigint CHECK (cents >= 0)); INSERT INTO accounts VALUES (1, 100), (2, 0)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&admin).await.unwrap();
    transfer(&admin, 1, 2, 60).await.unwrap();
    assert!(transfer(&admin, 1, 2, 60).await.is_err()); // the check refuses, the first half is rolled back
    let cents: Vec<i64> =
        sqlx::query_scalar("SELECT cents FROM accounts ORDER BY id").fetch_all(&admin).await.unwrap();
    assert_eq!(cents, [40, 60]);
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || report_pool(&admin));
    let text = recorder.handle().render();
    assert!(text.contains(r#"db_connections{state="idle"} 1"#), "{text}");
    let pool = diesel_pool(&SecretString::from(dsn.clone()), 2).unwrap();
    assert_eq!(count(&pool).await.unwrap(), 2);

    let mut held = admin.acquire().await.unwrap();
    let all = "SELECT * FROM accounts";
    sqlx::query(all).fetch_all(&mut *held).await.unwrap(); // prepared on this connection
    sqlx::raw_sql("ALTER TABLE accounts ADD COLUMN note text").execute(&admin).await.unwrap();
    let stale = sqlx::query(all).fetch_all(&mut *held).await.unwrap_err().to_string();
    assert!(stale.contains("cached plan must not change result type"), "{stale}");
    sqlx::query("SELECT id, cents FROM accounts").fetch_all(&mut *held).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(&admin)
        .await
        .unwrap();
}

#[test]
fn the_service_prints_what_the_document_shows() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_service")).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&out.stdout),
        "ready: 200 OK\nwhile draining: 503 Service Unavailable\nrunning request: finished\nafter the end: refused = true\nworker ran: true\n",
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
