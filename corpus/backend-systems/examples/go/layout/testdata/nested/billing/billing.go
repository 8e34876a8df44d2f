// Package billing may not look into order.
package billing

import "example.com/nested/order/internal/pricing"

// Price shows the mistake.
const Price = pricing.Cents
