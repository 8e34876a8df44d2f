// Command hello is a tool of this module.
package main

import "fmt"

func main() { fmt.Println("hello") }
