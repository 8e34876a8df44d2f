package nosql

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// region: dynamo-keys
// One table: a customer and the orders of the customer share a partition, so one Query reads both.
func CustomerKey(id string) (pk, sk string) { return "CUSTOMER#" + id, "PROFILE" }

func OrderKey(customer string, at time.Time, order string) (pk, sk string) {
	return "CUSTOMER#" + customer, "ORDER#" + at.UTC().Format(time.RFC3339) + "#" + order
}

// StatusKey is the key of a sparse index: only open orders have it.
func StatusKey(at time.Time) (pk, sk string) { return "OPEN", at.UTC().Format(time.RFC3339) }

// endregion: dynamo-keys

// region: dynamo-shard
// ShardedKey spreads one hot key over n partitions; a reader asks all of them.
func ShardedKey(day, event string, n uint32) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(event))
	return fmt.Sprintf("DAY#%s#%d", day, hash.Sum32()%n)
}

// endregion: dynamo-shard

// ordersOf is the query for all orders of a customer.
func ordersOf(table, customer string) (*dynamodb.QueryInput, error) {
	// region: dynamo-query
	pk, _ := CustomerKey(customer)
	key := expression.Key("pk").Equal(expression.Value(pk)).And(expression.Key("sk").BeginsWith("ORDER#"))
	expr, err := expression.NewBuilder().WithKeyCondition(key).Build()
	if err != nil {
		return nil, err
	}
	return &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: expr.KeyCondition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}, nil
	// endregion: dynamo-query
}

// Orders visits all orders of a customer.
func Orders(ctx context.Context, db dynamodb.QueryAPIClient, table, customer string, visit func(map[string]types.AttributeValue)) error {
	query, err := ordersOf(table, customer)
	if err != nil {
		return err
	}
	// region: dynamo-pages
	pages := dynamodb.NewQueryPaginator(db, query)
	for pages.HasMorePages() { // one page holds at most 1 MB
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			visit(item)
		}
	}
	// endregion: dynamo-pages
	return nil
}

// ErrTaken says that the item exists.
var ErrTaken = errors.New("exists already")

// Putter is the part of the client that Create needs.
type Putter interface {
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// region: dynamo-create
func Create(ctx context.Context, db Putter, table string, item map[string]types.AttributeValue) error {
	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &table, Item: item,
		ConditionExpression: aws.String("attribute_not_exists(pk)"), // otherwise a Put replaces what is there
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return ErrTaken
	}
	return err
}

// endregion: dynamo-create

// region: cassandra-bucket
// ReadingKey is the partition of one sensor and one day: bounded, and known to the reader.
func ReadingKey(sensor string, at time.Time) (partition []any, clustering time.Time) {
	return []any{sensor, at.UTC().Format(time.DateOnly)}, at
}

// endregion: cassandra-bucket
