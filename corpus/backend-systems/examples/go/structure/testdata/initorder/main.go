// Command initorder imports beta before alpha.
package main

import (
	_ "example.com/initorder/beta"

	_ "example.com/initorder/alpha"
)

func main() {}
