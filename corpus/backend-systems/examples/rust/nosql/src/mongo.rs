//! MongoDB: shapes, indexes and pipelines.

use std::time::Duration;

use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};
use mongodb::error::{Error, ErrorKind, Result, WriteFailure};
use mongodb::options::{ClientOptions, IndexOptions, WriteConcern};
use mongodb::{Client, Collection, IndexModel};
use serde::{Deserialize, Serialize};

// region: mongo-client
pub async fn connect(uri: &str) -> Result<Client> {
    let mut options = ClientOptions::parse(uri).await?;
    options.server_selection_timeout.get_or_insert(Duration::from_secs(3)); // 30 s by default
    options.write_concern = Some(WriteConcern::majority());
    Client::with_options(options)
}
// endregion: mongo-client

// region: mongo-embed
/// Carries its lines: they are read, written and deleted with it, and their number is bounded.
#[derive(Serialize, Deserialize)]
pub struct Order {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub customer_id: ObjectId, // a reference: the customer lives on
    pub lines: Vec<Line>,
    pub schema: i32, // version of this shape
}
// endregion: mongo-embed

#[derive(Serialize, Deserialize)]
pub struct Line {
    pub sku: String,
    pub cents: i64,
}

// region: mongo-slice
/// Keeps the ten newest reviews in the product; all of them live in a collection of their own.
pub fn remember(reviews: Vec<Document>) -> Document {
    doc! { "$push": { "latest_reviews": { "$each": reviews, "$sort": { "at": -1 }, "$slice": 10 } } }
}
// endregion: mongo-slice

// region: mongo-indexes
pub async fn create_indexes(orders: &Collection<Order>) -> Result<()> {
    let by_customer =
        IndexModel::builder().keys(doc! { "customer_id": 1, "created_at": -1, "total": 1 }).build();
    let unique = IndexOptions::builder().unique(true).build();
    let by_number = IndexModel::builder().keys(doc! { "number": 1 }).options(unique).build();
    orders.create_indexes([by_customer, by_number]).await?;
    Ok(())
}
// endregion: mongo-indexes

// region: mongo-pipeline
/// Filters first, so that the index of (status, created_at) is used, and groups what is left.
pub fn top_customers(since: DateTime) -> Vec<Document> {
    vec![
        doc! { "$match": { "status": "paid", "created_at": { "$gte": since } } },
        doc! { "$group": { "_id": "$customer_id", "cents": { "$sum": "$total" } } },
        doc! { "$sort": { "cents": -1 } },
        doc! { "$limit": 10 },
    ]
}
// endregion: mongo-pipeline

// region: mongo-upsert
/// Needs a unique index on page: two upserts at once then end in one document, the loser tries again.
pub async fn count(pages: &Collection<Document>, page: &str) -> Result<()> {
    let update = doc! { "$inc": { "views": 1 } };
    match pages.update_one(doc! { "page": page }, update.clone()).upsert(true).await {
        Err(error) if is_duplicate(&error) => pages.update_one(doc! { "page": page }, update).await?,
        other => other?,
    };
    Ok(())
}
// endregion: mongo-upsert

/// E11000.
pub fn is_duplicate(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Write(WriteFailure::WriteError(e)) if e.code == 11000)
}

// region: mongo-page
/// Continues behind the last document of the page before, whatever was inserted meanwhile.
pub fn page_after(last: ObjectId) -> (Document, Document) {
    (doc! { "_id": { "$lt": last } }, doc! { "_id": -1 }) // filter and sort; add limit(20)
}
// endregion: mongo-page

// region: mongo-validator
/// Makes the server refuse orders without a customer or with a total that is no integer.
pub fn validator() -> Document {
    doc! { "$jsonSchema": {
        "bsonType": "object",
        "required": ["customer_id", "total", "schema"],
        "properties": { "total": { "bsonType": "long" } },
    } }
}
// endregion: mongo-validator

/// Has had two shapes.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default)]
    pub schema: i32,
    pub name: Option<String>, // shape 1
    #[serde(default)]
    pub names: Vec<String>,
}

// region: upgrade-on-read
/// Brings old documents to the newest shape when they are read; a job does the rest at leisure.
pub fn upgrade(mut profile: Profile) -> Profile {
    if profile.schema < 2 {
        profile.names = profile.name.take().into_iter().collect();
        profile.schema = 2;
    }
    profile
}
// endregion: upgrade-on-read

/// Moves money in a transaction.
pub async fn transfer(
    client: &Client,
    accounts: &Collection<Document>,
    from: &str,
    to: &str,
    cents: i64,
) -> Result<()> {
    // region: mongo-transaction
    let mut session = client.start_session().await?;
    session.start_transaction().await?;
    for (account, change) in [(from, -cents), (to, cents)] {
        let update = doc! { "$inc": { "cents": change } };
        accounts.update_one(doc! { "_id": account }, update).session(&mut session).await?; // dropped: aborted
    }
    session.commit_transaction().await // retry the whole for the label TransientTransactionError
    // endregion: mongo-transaction
}
