// Command probe asks for what an empty image does not have.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := probe(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("fine")
}

func probe(what string) error {
	switch what {
	case "zone":
		_, err := time.LoadLocation("Europe/Berlin")
		return err
	case "tmp":
		_, err := os.CreateTemp("", "probe")
		return err
	case "tls":
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Args[2], nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	return nil
}
