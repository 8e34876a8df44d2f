package main

import (
	"context"
	"time"
)

func main() { _ = get(context.Background()) }

func get(ctx context.Context) error {
	// region: lostcancel-bad
	ctx, _ = context.WithTimeout(ctx, time.Minute) // the timer lives a minute after each call
	// endregion: lostcancel-bad
	return ctx.Err()
}
