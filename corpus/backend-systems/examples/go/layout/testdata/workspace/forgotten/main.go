// Command forgotten is not in go.work.
package main

func main() {}
