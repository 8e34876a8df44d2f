// Package wrong forgets src.
package wrong

import "example.com/srcdir/order"

// ID shows the mistake.
const ID = order.ID
