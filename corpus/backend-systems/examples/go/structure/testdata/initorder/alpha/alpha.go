// Package alpha speaks when it is initialised.
package alpha

import "fmt"

func init() { fmt.Println("alpha") }
