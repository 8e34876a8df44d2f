// Command example checks many links with at most four at once, a rate limit, and one deadline for all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

type result struct {
	link   string
	status int
	err    error
}

func check(ctx context.Context, client *http.Client, links []string) []result {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	results := make([]result, len(links))
	limiter := rate.NewLimiter(200, 4)
	var group errgroup.Group
	group.SetLimit(4)
	for i, link := range links {
		group.Go(func() error {
			results[i] = checkOne(ctx, client, limiter, link)
			return nil // one dead link does not stop the others
		})
	}
	_ = group.Wait()
	return results
}

func checkOne(ctx context.Context, client *http.Client, limiter *rate.Limiter, link string) result {
	if err := limiter.Wait(ctx); err != nil {
		return result{link: link, err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, link, nil)
	if err != nil {
		return result{link: link, err: err}
	}
	response, err := client.Do(request)
	if err != nil {
		return result{link: link, err: err}
	}
	defer response.Body.Close()
	return result{link: link, status: response.StatusCode}
}

func main() {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "7") {
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	var links []string
	for n := range 12 {
		links = append(links, fmt.Sprintf("%s/page-%d", site.URL, n))
	}
	links = append(links, "http://127.0.0.1:1/closed")

	good, bad := 0, errors.New("")
	for _, r := range check(context.Background(), site.Client(), links) {
		switch {
		case r.err != nil:
			bad = errors.Join(bad, errors.New("unreachable: port 1"))
		case r.status != http.StatusOK:
			bad = errors.Join(bad, fmt.Errorf("%d: page-7", r.status))
		default:
			good++
		}
	}
	fmt.Printf("%d links are fine%v\n", good, bad)
}
