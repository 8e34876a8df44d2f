// Command example answers three requests that fail in three ways: unknown, invalid, and broken inside.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"gnomon.example/examples/errorpatterns"
)

type accounts map[string]int

func (a accounts) withdraw(_ context.Context, name string, cents int) error {
	const op = "accounts.withdraw"
	fields := errorpatterns.FieldErrors{}
	fields.Add(cents > 0, "cents", "has to be positive")
	if err := fields.Err(op); err != nil {
		return err
	}
	balance, known := a[name]
	switch {
	case !known:
		return &errorpatterns.Error{Kind: errorpatterns.NotFound, Op: op, Public: "there is no such account", Err: errors.New("no row for " + name)}
	case name == "broken":
		return fmt.Errorf("%s: %w", op, errors.New("dial tcp 10.0.0.7:5432: connection refused"))
	case balance < cents:
		return &errorpatterns.Error{Kind: errorpatterns.Conflict, Op: op, Public: "the balance is too low", Err: fmt.Errorf("balance %d", balance)}
	}
	a[name] = balance - cents
	return nil
}

func routes(a accounts) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /accounts/{name}/withdrawals", errorpatterns.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		var cents int
		_, _ = fmt.Fscan(r.Body, &cents)
		if err := a.withdraw(r.Context(), r.PathValue("name"), cents); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	return mux
}

func main() {
	quiet := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // so that the output is the same in each run
		}
		return a
	}})
	slog.SetDefault(slog.New(quiet))
	server := routes(accounts{"ada": 100, "broken": 0})
	for _, try := range []struct{ name, cents string }{{"bob", "5"}, {"ada", "-1"}, {"broken", "5"}} {
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, httptest.NewRequest("POST", "/accounts/"+try.name+"/withdrawals", strings.NewReader(try.cents)))
		body, _ := io.ReadAll(recorder.Body)
		fmt.Printf("%d %s", recorder.Code, body)
	}
}
