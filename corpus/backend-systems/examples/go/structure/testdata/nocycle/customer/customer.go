// Package customer knows customers and nothing of orders.
package customer

// Directory knows who is a customer.
type Directory map[string]bool

// Exists says whether there is such a customer.
func (d Directory) Exists(id string) bool { return d[id] }
