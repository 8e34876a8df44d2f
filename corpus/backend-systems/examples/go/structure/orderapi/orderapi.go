// Package orderapi speaks HTTP and JSON for package order.
package orderapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"gnomon.example/examples/structure/order"
)

// region: placer
// placer is the one method that this handler needs.
type placer interface {
	Place(ctx context.Context, sku string, quantity int) (order.Order, error)
}

// endregion: placer

// region: dto
// orderJSON is the public shape of an order; renaming a field of order.Order changes no client.
type orderJSON struct {
	ID       string `json:"id"`
	Article  string `json:"article"`
	Quantity int    `json:"quantity"`
}

func toJSON(o order.Order) orderJSON {
	return orderJSON{ID: o.ID, Article: o.SKU, Quantity: o.Quantity}
}

// endregion: dto

// Place answers POST /orders.
func Place(orders placer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var wanted orderJSON
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&wanted); err != nil {
			http.Error(w, "body is not an order", http.StatusBadRequest)
			return
		}
		placed, err := orders.Place(r.Context(), wanted.Article, wanted.Quantity)
		if err != nil {
			http.Error(w, http.StatusText(status(err)), status(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(toJSON(placed))
	}
}

func status(err error) int {
	switch {
	case errors.Is(err, order.ErrQuantity):
		return http.StatusUnprocessableEntity
	case errors.Is(err, order.ErrOutOfStock):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
