// Package events consumes what other services publish.
package events

import (
	"context"
	"encoding/json"
	"log/slog"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/shop/orders/internal/store"
)

type paymentSettled struct {
	OrderID string `json:"order_id"`
}

// Consume marks orders as paid for every payment.settled message, until the connection ends.
func Consume(ctx context.Context, url string, orders *store.Orders) error {
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	queue, err := channel.QueueDeclare("orders.payment-settled", true, false, false, false, nil)
	if err != nil {
		return err
	}
	deliveries, err := channel.ConsumeWithContext(ctx, queue.Name, "orders", true, false, false, false, nil)
	if err != nil {
		return err
	}
	for delivery := range deliveries {
		var event paymentSettled
		if err := json.Unmarshal(delivery.Body, &event); err != nil {
			slog.Error("decode payment", "err", err)
			continue
		}
		if err := orders.MarkPaid(ctx, event.OrderID); err != nil {
			slog.Error("mark paid", "order", event.OrderID, "err", err)
		}
	}
	return nil
}
