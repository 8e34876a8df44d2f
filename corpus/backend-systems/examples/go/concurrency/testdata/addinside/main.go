package main

import "sync"

func main() {
	run(3, func() {})
}

func run(n int, work func()) {
	// region: add-inside-bad
	var wait sync.WaitGroup
	for range n {
		go func() {
			wait.Add(1) // Wait below may already have returned
			defer wait.Done()
			work()
		}()
	}
	wait.Wait()
	// endregion: add-inside-bad
}
