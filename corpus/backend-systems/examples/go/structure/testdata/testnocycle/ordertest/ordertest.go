// Package ordertest makes orders for tests.
package ordertest

import "example.com/testnocycle/order"

// Sample returns an order.
func Sample() order.Order { return order.Order{ID: "o-1"} }
