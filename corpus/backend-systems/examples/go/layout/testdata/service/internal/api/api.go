// Package api answers HTTP for the shop.
package api

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/shop/internal/build"
	"example.com/shop/internal/order"
)

// Run serves until ctx ends; with -version it prints the version and returns.
func Run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("api", flag.ContinueOnError)
	address := flags.String("addr", ":8080", "address to listen on")
	version := flags.Bool("version", false, "print the version")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version {
		_, err := fmt.Fprintln(out, "shop", build.Version())
		return err
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: Handler(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(drain), ignoreClosed(<-ended))
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler has all routes of the API.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{quantity}", func(w http.ResponseWriter, r *http.Request) {
		quantity, err := strconv.Atoi(r.PathValue("quantity"))
		if err != nil || order.Check(quantity) != nil {
			http.Error(w, "not an order", http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
	return mux
}
