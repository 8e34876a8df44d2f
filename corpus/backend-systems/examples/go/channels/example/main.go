// Command example runs a small ticker feed: one producer, two readers, one of them slow, and an orderly end.
package main

import (
	"fmt"
	"sync"

	"gnomon.example/examples/channels/hub"
)

func main() {
	prices := hub.New[int]()
	var readers sync.WaitGroup
	results := make([]string, 2)
	for i, room := range []int{100, 3} {
		values, stop := prices.Subscribe(room)
		readers.Go(func() {
			defer stop()
			<-start // the slow reader begins late on purpose, so that its room is used up
			n, last := 0, 0
			for value := range values {
				n, last = n+1, value
			}
			results[i] = fmt.Sprintf("reader with room for %d: %d values, last %d", room, n, last)
		})
	}
	dropped := 0
	for price := 1; price <= 10; price++ {
		dropped += prices.Publish(price)
	}
	prices.Close()
	close(start)
	readers.Wait()
	for _, line := range results {
		fmt.Println(line)
	}
	fmt.Println("subscriptions dropped:", dropped)
}

var start = make(chan struct{})
