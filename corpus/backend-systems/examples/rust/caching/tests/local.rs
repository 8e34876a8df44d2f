//! What needs no server.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use caching::aside::jittered;
use caching::early::{Entry, rebuild_now};
use caching::etag::{public_profile, write_user};
use caching::local::{MapCache, page_cache};
use caching::users::{User, search_key, user_key};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn ada() -> User {
    User { id: 1, name: "Ada".into(), version: 1 }
}

#[test]
fn keys_name_service_entity_version_and_id() {
    assert_eq!(user_key(7), "shop:user:v3:7");
    assert_eq!(search_key("acme", 2, "ab12"), "shop:search:v1:acme:2:ab12");
}

#[test]
fn jitter_only_shortens() {
    for _ in 0..1000 {
        let ttl = jittered(Duration::from_secs(100));
        assert!(ttl > Duration::from_secs(89) && ttl <= Duration::from_secs(100), "{ttl:?}");
    }
}

#[test]
fn early_expiry_follows_the_exponential_law() {
    let now = SystemTime::now();
    let mut entry = Entry {
        value: ada(),
        expires: now + Duration::from_millis(100),
        rebuild: Duration::from_millis(100),
    };
    let hits = (0..20_000).filter(|_| rebuild_now(&entry, now, 1.0)).count();
    let share = hits as f64 / 20_000.0;
    assert!((share - (-1f64).exp()).abs() < 0.02, "{share}");
    entry.expires = now + Duration::from_secs(3);
    assert!((0..20_000).all(|_| !rebuild_now(&entry, now, 1.0)));
    entry.expires = now;
    assert!(rebuild_now(&entry, now, 1.0));
}

#[tokio::test]
async fn the_local_cache_stays_below_its_weight() {
    let (cache, plain) = (page_cache(1 << 20), MapCache::default());
    for n in 0..10_000 {
        let page: Arc<[u8]> = vec![0; 1000].into();
        cache.insert(n.to_string(), page.clone()).await;
        plain.set(n.to_string(), page);
    }
    cache.run_pending_tasks().await;
    assert!(cache.weighted_size() <= 1 << 20 && cache.weighted_size() > 1 << 19, "{}", cache.weighted_size());
    assert_eq!(plain.len(), 10_000);
}

#[tokio::test]
async fn a_matching_etag_answers_not_modified() {
    let ask = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
        write_user(&headers, ada())
    };
    let first = write_user(&HeaderMap::new(), ada());
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()[header::ETAG], "\"user-1-1\"");
    assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
    for value in ["\"user-1-1\"", "W/\"user-1-1\"", "\"other\", \"user-1-1\"", "*"] {
        let answer = ask(value);
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{value}");
        assert_eq!(answer.headers()[header::ETAG], "\"user-1-1\"");
        assert!(answer.into_body().collect().await.expect("empty").to_bytes().is_empty());
    }
    assert_eq!(ask("\"user-1-0\"").status(), StatusCode::OK);
    let leak = public_profile(&ada());
    assert!(leak.headers().contains_key(header::SET_COOKIE));
    assert_eq!(leak.headers()[header::CACHE_CONTROL], "public, max-age=300");
}

#[test]
fn serde_refuses_a_missing_field_but_not_a_missing_option() {
    let old = r#"{"id":1,"name":"Ada"}"#;
    let error = serde_json::from_str::<User>(old).expect_err("version is missing");
    assert!(error.to_string().starts_with("missing field `version`"), "{error}");
    #[derive(serde::Deserialize)]
    struct Newer {
        email: Option<String>,
        #[serde(default)]
        visits: u32,
    }
    let newer: Newer = serde_json::from_str(old).expect("an Option and a default may be missing");
    assert_eq!((newer.email, newer.visits), (None, 0));
}
