// Command cart keeps shopping carts in Redis: one hash per cart, an expiry that each change renews, stock taken by a script.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"gnomon.example/examples/nosql"
)

const cartTTL = 24 * time.Hour

// add puts n pieces into the cart and keeps the cart for another day.
func add(ctx context.Context, db *redis.Client, user int64, sku string, n int64) error {
	_, err := db.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.HIncrBy(ctx, nosql.CartKey(user), sku, n)
		p.Expire(ctx, nosql.CartKey(user), cartTTL)
		return nil
	})
	return err
}

// checkout takes the stock of each piece, or nothing of a piece that is sold out.
func checkout(ctx context.Context, db *redis.Client, user int64) error {
	cart, err := db.HGetAll(ctx, nosql.CartKey(user)).Result()
	if err != nil {
		return err
	}
	for _, sku := range []string{"cup", "tea"} {
		var n int
		if _, err := fmt.Sscan(cart[sku], &n); err != nil {
			continue // not in the cart
		}
		left, err := nosql.TakeStock(ctx, db, "shop:stock:"+sku, n)
		if err != nil {
			fmt.Printf("%s: %v\n", sku, err)
			continue
		}
		fmt.Printf("%s: took %d, %d left\n", sku, n, left)
	}
	return db.Del(ctx, nosql.CartKey(user)).Err()
}

func run(ctx context.Context, db *redis.Client) error {
	if err := db.MSet(ctx, "shop:stock:tea", 5, "shop:stock:cup", 1).Err(); err != nil {
		return err
	}
	for _, item := range []string{"tea", "tea", "cup", "cup"} {
		if err := add(ctx, db, 7, item, 1); err != nil {
			return err
		}
	}
	ttl, err := db.TTL(ctx, nosql.CartKey(7)).Result()
	if err != nil {
		return err
	}
	fmt.Printf("cart of user 7 is kept for %.0fh\n", ttl.Hours())
	return checkout(ctx, db, 7)
}

func main() {
	db := redis.NewClient(&redis.Options{Addr: os.Getenv("REDIS_ADDR")})
	defer func() { _ = db.Close() }()
	if err := run(context.Background(), db); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
