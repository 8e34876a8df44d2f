// Command shop wires core and adapters and places three orders over HTTP.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"gnomon.example/examples/structure/order"
	"gnomon.example/examples/structure/orderapi"
	"gnomon.example/examples/structure/ordermem"
)

func main() { run(os.Stdout) }

func run(out io.Writer) {
	store := ordermem.New(map[string]int{"tea": 5}) // orderdb.New(pool) in production
	next := 0
	service := order.NewService(store, func() string { next++; return fmt.Sprint("o-", next) })
	mux := http.NewServeMux()
	mux.Handle("POST /orders", orderapi.Place(service))
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, body := range []string{`{"article":"tea","quantity":2}`, `{"article":"tea","quantity":9}`, `{"article":"tea","quantity":0}`} {
		res, err := server.Client().Post(server.URL+"/orders", "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Fprintln(out, err)
			return
		}
		answer, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			fmt.Fprintln(out, err)
			return
		}
		fmt.Fprintf(out, "%s -> %s %s\n", body, res.Status[:3], strings.TrimSpace(string(answer)))
	}
	fmt.Fprintln(out, "tea left:", store.Stock("tea"))
}
