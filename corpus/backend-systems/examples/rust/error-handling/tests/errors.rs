use std::{collections::HashMap, io::Write, path::Path, sync::Arc, sync::Mutex, time::Duration};

use axum::{Router, body::to_bytes, http::Request, response::IntoResponse, routing::get};
use error_handling::{
    app,
    basics::{self, FetchError, Port, chain},
    http::{AnyError, Leaky},
    kinds::SignUpError,
    panics::{self, Outcome},
    store::{self, StoreError},
};
use tower::ServiceExt;

#[test]
fn the_chain_names_every_cause_once() {
    let error = "x".parse::<Port>().unwrap_err();
    assert_eq!(chain(&error), "port \"x\" is not a number: invalid digit found in string");
    assert_eq!("0".parse::<Port>().unwrap_err().to_string(), "port 0 cannot be listened on");
}

#[test]
fn an_error_that_prints_its_source_and_returns_it_is_printed_twice() {
    let error = basics::SaysItTwice("x".parse::<u16>().unwrap_err());
    assert_eq!(chain(&error), "bad port: invalid digit found in string: invalid digit found in string");
}

#[test]
fn a_missing_setting_is_an_error_with_its_name() {
    let settings = HashMap::from([("host".to_owned(), "a".to_owned()), ("empty".to_owned(), " ".to_owned())]);
    assert_eq!(basics::setting(&settings, "host").unwrap(), "a");
    assert_eq!(basics::setting(&settings, "port").unwrap_err().to_string(), "setting port is missing");
    assert!(basics::setting(&settings, "empty").is_err());
}

#[test]
fn collect_stops_at_the_first_error_and_partition_keeps_all() {
    assert_eq!(basics::ports(&["1", "2"]).unwrap(), [Port(1), Port(2)]);
    assert!(basics::ports(&["1", "x", "y"]).unwrap_err().to_string().contains("\"x\""));
    let (ports, errors) = basics::ports_and_errors(&["1", "x", "2", "y"]);
    assert_eq!((ports.len(), errors.len()), (2, 2));
}

#[test]
fn named_variants_say_which_file() {
    let blind = store::copy_blind("/none/a", "/none/b").unwrap_err();
    assert!(!chain(&blind).contains("/none/a"), "{}", chain(&blind));
    let named = store::copy("/none/a", "/none/b").unwrap_err();
    assert_eq!(chain(&named), "cannot read /none/a: No such file or directory (os error 2)");
    assert!(basics::is_not_found(&named));
    assert!(!basics::is_not_found(&store::read_lossy("/none/a").unwrap_err()), "the cause was dropped");
}

fn file(text: &str) -> std::path::PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("settings-{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    path
}

#[test]
fn context_tells_what_was_tried() {
    let missing = app::load(Path::new("/none/settings")).unwrap_err();
    assert_eq!(
        format!("{missing:#}"),
        "read settings from /none/settings: No such file or directory (os error 2)"
    );
    assert_eq!(missing.to_string(), "read settings from /none/settings");
    assert!(app::is_missing_file(&missing));
    for (text, said) in [
        ("port=8080", ""),
        ("port=x", "setting port: port \"x\" is not a number: invalid digit found in string"),
        ("host=a", "setting port is missing"),
        ("port", "parse settings: line 1: no '=' in \"port\""),
        ("port=1\nport=2", "parse settings: line 2: port is set twice"),
    ] {
        let path = file(text);
        let found = app::load(&path).map_or_else(|error| format!("{error:#}"), |_| String::new());
        assert_eq!(found, said);
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_boxed_variant_keeps_results_small() {
    assert!(size_of::<Result<(), basics::ParseError>>() <= 16);
    assert!(size_of::<Result<(), basics::Large>>() > 256);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_an_error_of_its_own() {
    let limit = Duration::from_secs(1);
    let slow = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok("late".to_owned())
    };
    assert!(matches!(basics::fetch(limit, slow).await, Err(FetchError::Timeout(_))));
    let refused = async { Err(FetchError::Status(503)) };
    assert!(matches!(basics::fetch(limit, refused).await, Err(FetchError::Status(503))));
}

#[tokio::test]
async fn a_panic_ends_its_task_and_is_seen_by_who_waits() {
    assert_eq!(panics::outcome(tokio::spawn(async { 7 })).await, Outcome::Done(7));
    let panicked = panics::outcome(tokio::spawn(async { panic!("boom {}", 1) })).await;
    assert_eq!(panicked, Outcome::Panicked("boom 1".to_owned()));
    let aborted = tokio::spawn(std::future::pending());
    aborted.abort();
    assert_eq!(panics::outcome(aborted).await, Outcome::Cancelled);
    let died = tokio::spawn(panics::port_or_die("x")).await;
    assert!(died.unwrap_err().is_panic());
}

#[test]
fn a_plugin_cannot_take_the_process_down() {
    assert_eq!(panics::guarded(|| 1), Ok(1));
    assert_eq!(panics::guarded(|| panic!("plugin")), Err("plugin".to_owned()));
}

#[test]
fn a_panic_under_a_lock_poisons_it_and_the_data_can_still_be_had() {
    let shared = Arc::new(Mutex::new(1));
    let other = Arc::clone(&shared);
    let _ = std::thread::spawn(move || {
        let _guard = other.lock().unwrap();
        panic!("while holding the lock");
    })
    .join();
    assert!(shared.lock().is_err());
    assert_eq!(*panics::lock_anyway(&shared), 1);
}

#[test]
fn closing_reports_what_dropping_cannot() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let journal = panics::Journal { lines: vec!["x".to_owned()], sink: Box::new(Full) };
    assert_eq!(journal.close().unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(panics::first_word("a b"), "a");
    assert_eq!(panics::first_word(""), "");
}

fn database_error() -> StoreError {
    let refused = std::io::Error::other("connect to 10.0.0.7:5432 refused");
    StoreError::Database { operation: "create user", source: sqlx::Error::Io(refused) }
}

async fn answer(response: axum::response::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn axum_answers_with_the_status_of_the_kind_and_without_the_cause() {
    for (error, status) in [
        (SignUpError::Taken, 409),
        (SignUpError::Invalid("the address has no @"), 422),
        (SignUpError::from(database_error()), 503),
        (SignUpError::from(StoreError::NotFound { id: 1 }), 500),
    ] {
        let (code, body) = answer(error.into_response()).await;
        assert_eq!(code, status);
        assert!(!body.contains("10.0.0.7"), "{body}");
    }
    let (code, body) = answer(Leaky(Box::new(database_error())).into_response()).await;
    assert_eq!((code, body.contains("create user failed")), (500, true));
}

#[tokio::test]
async fn actix_answers_the_same() {
    use actix_web::ResponseError;
    let response = SignUpError::from(database_error()).error_response();
    assert_eq!(response.status().as_u16(), 503);
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("10.0.0.7"));
}

#[tokio::test]
async fn any_error_is_a_500_that_says_nothing() {
    async fn handler() -> Result<String, AnyError> {
        Ok(std::fs::read_to_string("/none/secret")?)
    }
    let app = Router::new().route("/", get(handler));
    let response = app.oneshot(Request::get("/").body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer(response).await, (500, "internal error".to_owned()));
}

#[tokio::test]
async fn postgres_errors_become_errors_of_the_store() {
    let Ok(dsn) = std::env::var("GNOMON_TEST_POSTGRES_DSN") else {
        eprintln!("skipped: set GNOMON_TEST_POSTGRES_DSN to a PostgreSQL 18 to run this test");
        return;
    };
    let schema = format!("rust_errors_{}", std::process::id());
    let options: sqlx::postgres::PgConnectOptions = dsn.parse().unwrap();
    let options = options.options([("search_path", schema.as_str())]);
    let pool = sqlx::postgres::PgPoolOptions::new().connect_with(options).await.unwrap();
    let tables = format!(
        "CREATE SCHEMA {schema}; CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         email text NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email <> ''));"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(tables)).execute(&pool).await.unwrap();
    let id = store::create(&pool, "a@example.org").await.unwrap();
    assert_eq!(store::email(&pool, id).await.unwrap(), "a@example.org");
    let twice = store::create(&pool, "a@example.org").await.unwrap_err();
    assert!(matches!(twice, StoreError::Taken { .. }), "{twice}");
    assert!(matches!(SignUpError::from(twice), SignUpError::Taken));
    assert!(matches!(store::email(&pool, 999).await, Err(StoreError::NotFound { id: 999 })));
    let check = store::create(&pool, "").await.unwrap_err();
    assert!(
        !check.is_transient() && chain(&check).contains("create user failed: error returned from database")
    );
    let fetched = sqlx::query("SELECT 1 WHERE false").fetch_one(&pool).await;
    assert!(matches!(fetched, Err(sqlx::Error::RowNotFound)));
    let drop = format!("DROP SCHEMA {schema} CASCADE");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&pool).await.unwrap();
}
