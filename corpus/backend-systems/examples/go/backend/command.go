package backend

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
)

// Command is the whole program except os.Exit, so tests can call it.
func Command(ctx context.Context, args []string, out io.Writer) int {
	flags := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.SetOutput(out)
	dryRun := flags.Bool("dry-run", false, "print the migrations and change nothing")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	// region: command
	switch flags.Arg(0) {
	case "serve":
		return report(out, serveOrders(ctx))
	case "migrate":
		return report(out, migrate(ctx, *dryRun))
	}
	fmt.Fprintln(out, "usage: orders [-dry-run] serve|migrate")
	return 2
	// endregion: command
}

func report(out io.Writer, err error) int {
	if err != nil {
		fmt.Fprintln(out, "error:", err)
		return 1
	}
	return 0
}

func serveOrders(ctx context.Context) error { return ctx.Err() }

func migrate(ctx context.Context, dryRun bool) error {
	if dryRun {
		return nil
	}
	return ctx.Err()
}

// FatalInside shows the mistake: log.Fatal ends the process before the deferred Close runs.
func FatalInside(open func() (io.Closer, error), work func() error) {
	// region: fatal-inside
	db, err := open()
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := work(); err != nil {
		log.Fatal(err) // db.Close does not run
	}
	// endregion: fatal-inside
}
