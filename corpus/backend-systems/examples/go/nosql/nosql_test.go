package nosql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// server starts a redis-server of its own.
func server(t *testing.T, arguments ...string) *redis.Client {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("GNOMON_REQUIRE_TOOLS") == "1" {
			t.Fatal("redis-server is needed here and was not found")
		}
		t.Skip("no redis-server on this machine")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	port := addr[strings.LastIndex(addr, ":")+1:]
	command := exec.Command(binary, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, arguments...)...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	db := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = db.Close(); _ = command.Process.Kill(); _ = command.Wait() })
	for range 100 {
		if db.Ping(t.Context()).Err() == nil {
			return db
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("redis-server did not start")
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRedisModels(t *testing.T) {
	db, ctx := server(t), t.Context()
	must(t, SaveUser(ctx, db, 1, User{Name: "ann", Plan: "pro"}))
	if n, err := CountLogin(ctx, db, 1); n != 1 || err != nil {
		t.Error(n, err)
	}
	must(t, Rename(ctx, db, 1, func(u User) User { u.Name = "anna"; return u }))
	if name := db.HGet(ctx, UserKey(1), "name").Val(); name != "anna" {
		t.Error(name)
	}
	err := Rename(ctx, db, 1, func(u User) User { db.HSet(ctx, UserKey(1), "plan", "free"); return u })
	if !errors.Is(err, redis.TxFailedErr) {
		t.Error("a change between has to fail the transaction:", err)
	}

	must(t, AddSession(ctx, db, 1, "s1", time.Hour))
	must(t, AddSession(ctx, db, 1, "s2", time.Hour))
	if n := db.ZCard(ctx, SessionsKey(1)).Val(); n != 2 {
		t.Error(n)
	}

	for player, points := range map[string]float64{"a": 5, "b": 9, "c": 7} {
		must(t, AddScore(ctx, db, "board", player, points))
	}
	top, err := Top(ctx, db, "board", 2)
	if err != nil || top[0].Member != "b" || top[1].Member != "c" {
		t.Error(top, err)
	}
	if rank, err := Rank(ctx, db, "board", "a"); rank != 2 || err != nil {
		t.Error(rank, err)
	}

	var visitors int64
	for n := range 1000 {
		visitors, err = Visitors(ctx, db, time.Unix(0, 0), fmt.Sprint(n))
		must(t, err)
	}
	if visitors < 970 || visitors > 1030 {
		t.Error(visitors)
	}
}

func TestScanSeesEveryKeyAndKeysBlocks(t *testing.T) {
	db, ctx := server(t), t.Context()
	want := map[string]bool{}
	for n := range 3000 {
		key := fmt.Sprintf("k:%d", n)
		want[key] = true
		must(t, db.Set(ctx, key, n, 0).Err())
	}
	must(t, EachKey(ctx, db, "k:*", func(key string) error { delete(want, key); return nil }))
	if len(want) != 0 {
		t.Error(len(want), "keys were not seen")
	}
	if all, err := AllKeys(ctx, db, "k:*"); err != nil || len(all) != 3000 {
		t.Error(len(all), err)
	}
}

func TestStockIsNotSoldTwice(t *testing.T) {
	db, ctx := server(t), t.Context()
	sell := func(take func() error) (sold int) {
		must(t, db.Set(ctx, "stock", 10, 0).Err())
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if take() == nil {
					mu.Lock()
					sold++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return sold
	}
	if sold := sell(func() error { _, err := TakeStock(ctx, db, "stock", 1); return err }); sold != 10 {
		t.Errorf("script sold %d of 10", sold)
	}
	if sold := sell(func() error { return TakeStockRacy(ctx, db, "stock", 1) }); sold <= 10 {
		t.Errorf("read and write sold only %d of 10: the race did not show", sold)
	}
}

func TestLockBelongsToItsToken(t *testing.T) {
	db, ctx := server(t), t.Context()
	first, err := Lock(ctx, db, "lock", "a", time.Minute)
	must(t, err)
	second, err := Lock(ctx, db, "lock", "b", time.Minute)
	must(t, err)
	if !first || second {
		t.Error(first, second)
	}
	if err := Unlock(ctx, db, "lock", "b"); !errors.Is(err, ErrNotHeld) {
		t.Error(err)
	}
	must(t, Unlock(ctx, db, "lock", "a"))
}

func TestSlidingWindowLimits(t *testing.T) {
	db, ctx := server(t), t.Context()
	allowed := 0
	for range 20 {
		if ok, err := Allow(ctx, db, "{u1}:limit", time.Minute, 5); err != nil {
			t.Fatal(err)
		} else if ok {
			allowed++
		}
	}
	if allowed != 5 {
		t.Error(allowed)
	}
	for range 2 {
		if ok, err := Allow(ctx, db, "{u2}:limit", 50*time.Millisecond, 1); err != nil || !ok {
			t.Error(ok, err)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

func TestRedisTransactionDoesNotRollBack(t *testing.T) {
	db, ctx := server(t), t.Context()
	must(t, db.Set(ctx, "word", "text", 0).Err())
	_, err := db.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "before", 1, 0)
		p.LPush(ctx, "word", "x") // the wrong kind of value
		p.Set(ctx, "after", 1, 0)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "WRONGTYPE Operation against a key holding the wrong kind of value") {
		t.Error(err)
	}
	if db.Exists(ctx, "before", "after").Val() != 2 {
		t.Error("the other commands did not run")
	}
}

func TestClusterRefusesKeysOfTwoSlots(t *testing.T) {
	db, ctx := server(t, "--cluster-enabled", "yes"), t.Context()
	must(t, db.ClusterAddSlotsRange(ctx, 0, 16383).Err())
	for db.ClusterInfo(ctx).Val() == "" || !strings.Contains(db.ClusterInfo(ctx).Val(), "cluster_state:ok") {
		time.Sleep(10 * time.Millisecond)
	}
	err := db.MSet(ctx, "a", 1, "b", 2).Err()
	if err == nil || err.Error() != "CROSSSLOT Keys in request don't hash to the same slot" {
		t.Error(err)
	}
	must(t, db.MSet(ctx, CartKey(1), 1, SessionsKey(1), 2).Err()) // one slot: the braces
}

func TestReplicaRefusesWrites(t *testing.T) {
	db, ctx := server(t, "--replicaof", "127.0.0.1 1"), t.Context()
	err := db.Set(ctx, "a", 1, 0).Err()
	if err == nil || !strings.HasPrefix(err.Error(), "READONLY You can't write against a read only replica") {
		t.Error(err)
	}
}

func TestEvictedDataIsGoneAfterARestartWithoutPersistence(t *testing.T) {
	db, ctx := server(t), t.Context()
	if appendonly := db.ConfigGet(ctx, "appendonly").Val()["appendonly"]; appendonly != "no" {
		t.Error("append-only file is on by default:", appendonly)
	}
}

func TestMongoClientGivesUpWhenNoServerAnswers(t *testing.T) {
	client, err := ConnectMongo("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
	must(t, err) // Connect opens nothing yet
	defer func() { _ = client.Disconnect(context.Background()) }()
	err = client.Ping(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "server selection") {
		t.Error(err)
	}
}

func TestBSONShapes(t *testing.T) {
	raw, err := bson.Marshal(Order{ID: bson.NewObjectID(), Lines: []Line{{"tea", 500}}, Schema: 1})
	must(t, err)
	if cents := bson.Raw(raw).Lookup("lines", "0", "cents"); cents.Int64() != 500 {
		t.Error(cents)
	}
	must(t, bson.UnmarshalExtJSON([]byte(`{"schema": 1, "name": "Ann"}`), true, &Profile{}))
	if p := Upgrade(Profile{Schema: 1, Name: "Ann"}); p.Schema != 2 || p.Names[0] != "Ann" || p.Name != "" {
		t.Error(p)
	}
	if first := TopCustomers(time.Now())[0][0].Key; first != "$match" {
		t.Error(first)
	}
	for _, document := range []any{Remember(bson.A{}), Validator()} {
		if _, err := bson.Marshal(document); err != nil {
			t.Error(err)
		}
	}
	if filter, _ := PageAfter(bson.NilObjectID); filter[0].Key != "_id" {
		t.Error(filter)
	}
}

type fakeDynamo struct{ pages, asked int }

func (f *fakeDynamo) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	f.asked++
	out := &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{{"sk": &types.AttributeValueMemberS{Value: fmt.Sprint(f.asked)}}}}
	if f.asked < f.pages {
		out.LastEvaluatedKey = out.Items[0]
	}
	return out, nil
}

func (f *fakeDynamo) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, &types.ConditionalCheckFailedException{}
}

func TestQueryFollowsEveryPage(t *testing.T) {
	fake, seen := &fakeDynamo{pages: 3}, 0
	must(t, Orders(t.Context(), fake, "shop", "1", func(map[string]types.AttributeValue) { seen++ }))
	if seen != 3 {
		t.Error(seen)
	}
	if err := Create(t.Context(), fake, "shop", nil); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
}

func TestKeysSortAndSpread(t *testing.T) {
	_, older := OrderKey("1", time.Unix(0, 0), "a")
	_, newer := OrderKey("1", time.Unix(9999999, 0), "b")
	if older >= newer {
		t.Error("orders do not sort by time")
	}
	shards := map[string]int{}
	for n := range 1000 {
		shards[ShardedKey("2026-01-01", fmt.Sprint(n), 8)]++
	}
	if len(shards) != 8 {
		t.Error(shards)
	}
	if partition, _ := ReadingKey("s1", time.Unix(0, 0)); partition[1] != "1970-01-01" {
		t.Error(partition)
	}
	if pk, _ := StatusKey(time.Unix(0, 0)); pk != "OPEN" {
		t.Error(pk)
	}
}

func TestCartPrintsWhatTheDocumentShows(t *testing.T) {
	db := server(t)
	command := exec.Command("go", "run", "./cart")
	command.Env = append(os.Environ(), "REDIS_ADDR="+db.Options().Addr)
	out, err := command.CombinedOutput()
	const want = "cart of user 7 is kept for 24h\ncup: sold out\ntea: took 2, 3 left\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
