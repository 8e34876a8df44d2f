package messaging

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Envelope is what every message of every service carries.
type Envelope struct {
	ID         string          `json:"id"` // the inbox key: the same for each repetition
	Type       string          `json:"type"`
	Version    int             `json:"version"`
	OccurredAt time.Time       `json:"occurred_at"`
	Data       json.RawMessage `json:"data"`
}

type OrderPlaced struct {
	OrderID string `json:"order_id"`
	Cents   int64  `json:"cents"`
}

type orderPlacedV1 struct {
	OrderID string `json:"order_id"`
	Euros   int64  `json:"euros"`
}

// DecodeOrderPlaced lifts each version that is still in a queue or a log to the newest one.
// region: upcast
func DecodeOrderPlaced(e Envelope) (order OrderPlaced, err error) {
	switch e.Version {
	case 1: // amounts were whole euros
		var old orderPlacedV1
		err = json.Unmarshal(e.Data, &old)
		return OrderPlaced{OrderID: old.OrderID, Cents: old.Euros * 100}, err
	case 2:
		err = json.Unmarshal(e.Data, &order) // unknown fields are ignored
		return order, err
	}
	return order, fmt.Errorf("%w: order.placed version %d", ErrPermanent, e.Version)
}

// endregion: upcast

// DecodeStrictly accepts only the fields that were known when the consumer was built.
// region: strict-decode
func DecodeStrictly(data []byte) (order OrderPlaced, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // a producer that adds "currency" breaks every consumer
	err = decoder.Decode(&order)
	return order, err
}

// endregion: strict-decode
