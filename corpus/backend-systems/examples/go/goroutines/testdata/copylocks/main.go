package main

import "sync"

type counter struct {
	mu sync.Mutex
	n  int
}

// region: copylocks-bad
func (c counter) add() { // a copy: each call locks another mutex
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

// endregion: copylocks-bad

func main() { counter{}.add() }
