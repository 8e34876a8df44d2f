// Package web has not been changed yet.
package web

import (
	"example.com/moved/internal/models"
	"example.com/moved/internal/order"
)

// First mixes old and new name of one type.
func First() models.Order { return order.New("tea") }
