// Command migrate lists the migrations that it carries.
package main

import (
	"fmt"
	"io/fs"
	"os"

	"example.com/shop/migrations"
)

func main() {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
	for _, name := range names {
		fmt.Println(name)
	}
}
