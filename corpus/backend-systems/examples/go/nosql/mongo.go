package nosql

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// region: mongo-client
func ConnectMongo(uri string) (*mongo.Client, error) {
	return mongo.Connect(options.Client().ApplyURI(uri).
		SetServerSelectionTimeout(3 * time.Second). // 30 s by default
		SetTimeout(5 * time.Second).                // for each operation without a deadline
		SetWriteConcern(writeconcern.Majority()))
}

// endregion: mongo-client

// region: mongo-embed
// Order carries its lines: they are read, written and deleted with it, and their number is bounded.
type Order struct {
	ID       bson.ObjectID `bson:"_id"`
	Customer bson.ObjectID `bson:"customer_id"` // a reference: the customer lives on
	Name     string        `bson:"customer_name"`
	Lines    []Line        `bson:"lines"`
	Schema   int           `bson:"schema"` // version of this shape
}

// endregion: mongo-embed

// Line is embedded in its order.
type Line struct {
	SKU   string `bson:"sku"`
	Cents int64  `bson:"cents"`
}

// region: mongo-slice
// Remember keeps the ten newest reviews in the product; all of them live in a collection of their own.
func Remember(reviews any) bson.D {
	return bson.D{{Key: "$push", Value: bson.D{{Key: "latest_reviews", Value: bson.D{
		{Key: "$each", Value: reviews},
		{Key: "$sort", Value: bson.D{{Key: "at", Value: -1}}},
		{Key: "$slice", Value: 10},
	}}}}}
}

// endregion: mongo-slice

// region: mongo-indexes
func CreateIndexes(ctx context.Context, orders *mongo.Collection) error {
	_, err := orders.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: "customer_id", Value: 1}, {Key: "created_at", Value: -1}, {Key: "total", Value: 1}}},
		{Keys: bson.D{{Key: "number", Value: 1}}, Options: options.Index().SetUnique(true)},
	})
	return err
}

// endregion: mongo-indexes

// region: mongo-pipeline
// TopCustomers filters first, so that the index of (status, created_at) is used, and groups what is left.
func TopCustomers(since time.Time) mongo.Pipeline {
	return mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "status", Value: "paid"}, {Key: "created_at", Value: bson.D{{Key: "$gte", Value: since}}}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$customer_id"}, {Key: "cents", Value: bson.D{{Key: "$sum", Value: "$total"}}}}}},
		{{Key: "$sort", Value: bson.D{{Key: "cents", Value: -1}}}},
		{{Key: "$limit", Value: 10}},
	}
}

// endregion: mongo-pipeline

// region: mongo-upsert
// Count needs a unique index on page: two upserts at once then end in one document, the loser tries again.
func Count(ctx context.Context, pages *mongo.Collection, page string) error {
	filter := bson.D{{Key: "page", Value: page}}
	update := bson.D{{Key: "$inc", Value: bson.D{{Key: "views", Value: 1}}}}
	_, err := pages.UpdateOne(ctx, filter, update, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) { // E11000
		_, err = pages.UpdateOne(ctx, filter, update)
	}
	return err
}

// endregion: mongo-upsert

// region: mongo-transaction
func Transfer(ctx context.Context, client *mongo.Client, move func(ctx context.Context) error) error {
	session, err := client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(ctx)
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		return nil, move(ctx) // may run several times; pass this ctx to every call
	})
	return err
}

// endregion: mongo-transaction

// region: mongo-page
// PageAfter continues behind the last document of the page before, whatever was inserted meanwhile.
func PageAfter(last bson.ObjectID) (filter bson.D, opts *options.FindOptionsBuilder) {
	filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: last}}}}
	return filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(20)
}

// endregion: mongo-page

// region: mongo-validator
// Validator makes the server refuse orders without a customer or with a total that is no integer.
func Validator() bson.D {
	return bson.D{{Key: "$jsonSchema", Value: bson.D{
		{Key: "bsonType", Value: "object"},
		{Key: "required", Value: bson.A{"customer_id", "total", "schema"}},
		{Key: "properties", Value: bson.D{{Key: "total", Value: bson.D{{Key: "bsonType", Value: "long"}}}}},
	}}}
}

// endregion: mongo-validator

// Profile has had two shapes.
type Profile struct {
	Schema int      `bson:"schema"`
	Name   string   `bson:"name,omitempty"` // shape 1
	Names  []string `bson:"names,omitempty"`
}

// region: upgrade-on-read
// Upgrade brings old documents to the newest shape when they are read; a job does the rest at leisure.
func Upgrade(p Profile) Profile {
	if p.Schema < 2 {
		p.Names, p.Name, p.Schema = []string{p.Name}, "", 2
	}
	return p
}

// endregion: upgrade-on-read
