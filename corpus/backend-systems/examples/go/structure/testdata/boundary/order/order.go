// Package order is core and should not know HTTP.
package order

// region: boundary-broken
import "net/http"

// Status shows the mistake: the core decides what a client of one protocol sees.
func Status(inStock bool) int {
	if !inStock {
		return http.StatusConflict
	}
	return http.StatusCreated
}

// endregion: boundary-broken
