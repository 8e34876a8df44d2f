package httphandlers

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// FetchUnbounded shows the mistake: the default client waits for ever.
func FetchUnbounded(url string) (int, error) {
	// region: default-client
	res, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
	// endregion: default-client
}

// region: bounded-client
var upstream = &http.Client{Timeout: 3 * time.Second}

func Fetch(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := upstream.Do(req)
	// endregion: bounded-client
	if err != nil {
		return 0, fmt.Errorf("fetch %s: %w", url, err)
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}
