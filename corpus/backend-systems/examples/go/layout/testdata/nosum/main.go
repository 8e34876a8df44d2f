// Command nosum is built without go.sum.
package main

import "golang.org/x/sync/errgroup"

func main() { _ = new(errgroup.Group).Wait() }
