// Package concurrency holds compositions of goroutines: groups, pools, pipelines, limits.
package concurrency

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Quote is what one supplier answers.
type Quote struct {
	Supplier string
	Cents    int64
}

// Ask asks one supplier.
type Ask func(ctx context.Context, supplier string) (Quote, error)

// AllQuotes asks every supplier at once and stops at the first error.
func AllQuotes(ctx context.Context, suppliers []string, ask Ask) ([]Quote, error) {
	quotes := make([]Quote, len(suppliers))
	// region: errgroup
	group, ctx := errgroup.WithContext(ctx)
	for i, supplier := range suppliers {
		group.Go(func() error {
			quote, err := ask(ctx, supplier)
			if err != nil {
				return fmt.Errorf("ask %s: %w", supplier, err)
			}
			quotes[i] = quote // each goroutine has its own element
			return nil
		})
	}
	return quotes, group.Wait()
	// endregion: errgroup
}

// SomeQuotes asks at most `atOnce` suppliers at the same time.
func SomeQuotes(ctx context.Context, suppliers []string, atOnce int, ask Ask) error {
	// region: set-limit
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, supplier := range suppliers {
		group.Go(func() error { // blocks while atOnce calls are running
			_, err := ask(ctx, supplier)
			return err
		})
	}
	return group.Wait()
	// endregion: set-limit
}

// EveryQuoteAtOnce starts one goroutine an item, whatever the number of items.
func EveryQuoteAtOnce(ctx context.Context, suppliers []string, ask Ask) {
	// region: per-item-bad
	var wait sync.WaitGroup
	for _, supplier := range suppliers { // 50,000 suppliers, 50,000 connections
		wait.Go(func() { _, _ = ask(ctx, supplier) })
	}
	wait.Wait()
	// endregion: per-item-bad
}

// QuotesAndErrors goes on after an error and reports all of them.
func QuotesAndErrors(ctx context.Context, suppliers []string, ask Ask) ([]Quote, error) {
	// region: all-errors
	quotes, errs := make([]Quote, len(suppliers)), make([]error, len(suppliers))
	var group errgroup.Group // without WithContext nothing is cancelled
	group.SetLimit(8)
	for i, supplier := range suppliers {
		group.Go(func() error {
			quotes[i], errs[i] = ask(ctx, supplier)
			return nil
		})
	}
	_ = group.Wait()
	return quotes, errors.Join(errs...)
	// endregion: all-errors
}

// FirstQuote returns the first good answer and cancels the others.
func FirstQuote(ctx context.Context, suppliers []string, ask Ask) (Quote, error) {
	type result struct {
		quote Quote
		err   error
	}
	// region: first-wins
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()                               // the slower ones stop when the first has answered
	results := make(chan result, len(suppliers)) // room for all: nobody blocks for ever
	for _, supplier := range suppliers {
		go func() {
			quote, err := ask(ctx, supplier)
			results <- result{quote, err}
		}()
	}
	// endregion: first-wins
	var errs []error
	for range suppliers {
		if r := <-results; r.err == nil {
			return r.quote, nil
		} else {
			errs = append(errs, r.err)
		}
	}
	return Quote{}, errors.Join(errs...)
}

// ContextAfterWait uses the group's context after Wait, when it is always cancelled.
func ContextAfterWait(ctx context.Context, ask Ask) (Quote, error) {
	// region: ctx-after-wait-bad
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { _, err := ask(ctx, "first"); return err })
	if err := group.Wait(); err != nil {
		return Quote{}, err
	}
	return ask(ctx, "second") // context canceled: Wait has cancelled this ctx
	// endregion: ctx-after-wait-bad
}

// ContextOfItsOwn gives the group's context another name.
func ContextOfItsOwn(ctx context.Context, ask Ask) (Quote, error) {
	// region: ctx-after-wait
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { _, err := ask(groupCtx, "first"); return err })
	if err := group.Wait(); err != nil {
		return Quote{}, err
	}
	return ask(ctx, "second")
	// endregion: ctx-after-wait
}
