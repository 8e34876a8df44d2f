// Command notinstd leaves the module path out of an import.
package main

// region: short-import
import "shop/internal/db"

func main() { db.Open() }

// endregion: short-import
