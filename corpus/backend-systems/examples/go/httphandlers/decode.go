package httphandlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// NewOrder is the body of a request that creates an order.
type NewOrder struct {
	Customer string `json:"customer"`
	Quantity int    `json:"quantity"`
}

// region: validate
func (o NewOrder) Problems() map[string]string {
	problems := map[string]string{}
	if o.Customer == "" {
		problems["customer"] = "is required"
	}
	if o.Quantity < 1 || o.Quantity > 1000 {
		problems["quantity"] = "has to be between 1 and 1000"
	}
	return problems
}

// endregion: validate

// DecodeOrder reads exactly one JSON value of bounded size.
func DecodeOrder(w http.ResponseWriter, r *http.Request) (order NewOrder, err error) {
	// region: decode-json
	body := http.MaxBytesReader(w, r.Body, 1<<20)
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&order); err != nil {
		return order, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return order, errors.New("body holds more than one JSON value")
	}
	return order, nil
	// endregion: decode-json
}

// DecodeUnbounded shows the mistake: the whole body is read into memory, whatever its size.
func DecodeUnbounded(r *http.Request) (order NewOrder, err error) {
	// region: decode-unbounded
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return order, err
	}
	return order, json.Unmarshal(data, &order)
	// endregion: decode-unbounded
}

// DecodeStatus says which status a decoding error deserves.
func DecodeStatus(err error) int {
	// region: decode-status
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
	// endregion: decode-status
}

// CreateOrder decodes, validates and answers.
func CreateOrder(w http.ResponseWriter, r *http.Request) {
	// region: create-order
	order, err := DecodeOrder(w, r)
	if err != nil {
		http.Error(w, "body is not a valid order", DecodeStatus(err))
		return
	}
	if problems := order.Problems(); len(problems) > 0 {
		WriteJSON(w, http.StatusUnprocessableEntity, problems)
		return
	}
	WriteJSON(w, http.StatusCreated, order)
	// endregion: create-order
}
