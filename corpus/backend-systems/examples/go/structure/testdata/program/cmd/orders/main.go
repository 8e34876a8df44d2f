// Command orders keeps its logic in package main.
package main

// Total cannot be imported.
func Total() int { return 3 }

func main() { println(Total()) }
