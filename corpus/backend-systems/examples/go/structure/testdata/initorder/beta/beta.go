// Package beta speaks when it is initialised.
package beta

import "fmt"

func init() { fmt.Println("beta") }
