// Command goodbye is a tool of this module.
package main

import "fmt"

func main() { fmt.Println("goodbye") }
