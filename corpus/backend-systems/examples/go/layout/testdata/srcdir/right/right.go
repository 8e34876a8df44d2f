// Package right imports with src in the path.
package right

import "example.com/srcdir/src/order"

// ID needs src in the import path.
const ID = order.ID
