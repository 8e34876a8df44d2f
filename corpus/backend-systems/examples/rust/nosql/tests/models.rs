use chrono::DateTime;
use mongodb::bson::{self, doc, oid::ObjectId};
use nosql::keys::{create_request, customer_key, each_item, order_key, reading_key, sharded_key};
use nosql::mongo::{Line, Order, Profile, connect, page_after, remember, top_customers, upgrade, validator};

#[test]
fn keys_sort_by_time_and_spread() {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
    let (pk, older) = order_key("1", at(0), "a");
    let (_, newer) = order_key("1", at(9_999_999), "b");
    assert!(older < newer);
    assert_eq!(pk, customer_key("1").0);
    let shards: std::collections::HashSet<_> =
        (0..1000).map(|n| sharded_key("2026-01-01", &n.to_string(), 8)).collect();
    assert_eq!(shards.len(), 8);
    assert_eq!(reading_key("s1", at(0)).0.1, "1970-01-01");
}

#[test]
fn documents_have_their_shape() {
    let order = Order {
        id: ObjectId::new(),
        customer_id: ObjectId::new(),
        lines: vec![Line { sku: "tea".into(), cents: 500 }],
        schema: 1,
    };
    let document = bson::to_document(&order).unwrap();
    assert_eq!(document.get_array("lines").unwrap().len(), 1);
    assert!(top_customers(bson::DateTime::now())[0].contains_key("$match"));
    assert_eq!(remember(vec![]).get_document("$push").unwrap().keys().next().unwrap(), "latest_reviews");
    assert!(validator().contains_key("$jsonSchema"));
    assert!(page_after(ObjectId::new()).0.contains_key("_id"));
}

#[test]
fn an_old_profile_is_upgraded_when_it_is_read() {
    let old: Profile = bson::from_document(doc! { "schema": 1, "name": "Ann" }).unwrap();
    assert_eq!(upgrade(old), Profile { schema: 2, name: None, names: vec!["Ann".into()] });
}

#[tokio::test]
async fn a_client_gives_up_when_no_server_answers() {
    let client = connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200").await.unwrap();
    let error = client.database("shop").run_command(doc! { "ping": 1 }).await.unwrap_err();
    assert!(error.to_string().contains("Server selection timeout"), "{error}");
}

#[tokio::test]
async fn every_page_is_followed() {
    let mut seen = Vec::new();
    let fetch = async |start: Option<u8>| {
        let page = start.unwrap_or(1);
        Ok::<_, ()>((vec![page], (page < 3).then_some(page + 1)))
    };
    each_item(fetch, |item| seen.push(item)).await.unwrap();
    assert_eq!(seen, [1, 2, 3]);
    let request = create_request("shop", serde_json::json!({ "pk": { "S": "CUSTOMER#1" } }));
    assert_eq!(request["ConditionExpression"], "attribute_not_exists(pk)");
}
