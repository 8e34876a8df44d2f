package messaging

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// DeclareQueues declares the work queue and the queue of its dead messages.
func DeclareQueues(ch *amqp.Channel) error {
	quorum := amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum}
	if _, err := ch.QueueDeclare("payments.dead", true, false, false, false, quorum); err != nil {
		return err
	}
	// region: rabbit-topology
	_, err := ch.QueueDeclare("payments", true, false, false, false, amqp.Table{
		amqp.QueueTypeArg:           amqp.QueueTypeQuorum,
		"x-delivery-limit":          5,
		"x-dead-letter-exchange":    "", // the default exchange: routes to the queue of that name
		"x-dead-letter-routing-key": "payments.dead",
		"x-dead-letter-strategy":    "at-least-once", // needs the overflow below
		amqp.QueueOverflowArg:       amqp.QueueOverflowRejectPublish,
		"x-delayed-retry-type":      "failed", "x-delayed-retry-min": 1_000, "x-delayed-retry-max": 60_000, // RabbitMQ 4.3
	})
	// endregion: rabbit-topology
	return err
}

// Publisher sends one message at a time and knows what became of it.
type Publisher struct {
	ch       *amqp.Channel
	returned chan amqp.Return
}

func NewPublisher(ch *amqp.Channel) (*Publisher, error) {
	p := &Publisher{ch: ch, returned: ch.NotifyReturn(make(chan amqp.Return, 1))}
	return p, ch.Confirm(false)
}

// Publish returns nil when a queue has stored the message. After an error close the channel and make a new Publisher.
func (p *Publisher) Publish(ctx context.Context, key string, msg amqp.Publishing) error {
	msg.DeliveryMode = amqp.Persistent
	// region: rabbit-publish
	confirm, err := p.ch.PublishWithDeferredConfirmWithContext(ctx, "", key, true /* mandatory */, false, msg)
	if err != nil {
		return err
	}
	if stored, err := confirm.WaitContext(ctx); err != nil || !stored {
		return errors.Join(fmt.Errorf("message %s was not confirmed", msg.MessageId), err)
	}
	if len(p.returned) > 0 { // a return arrives before its confirm
		return fmt.Errorf("message %s is unroutable: %s", msg.MessageId, (<-p.returned).ReplyText)
	}
	return nil
	// endregion: rabbit-publish
}

// ConsumePayments works until ctx ends. An error says that the channel or the consumer is gone.
func ConsumePayments(ctx context.Context, ch *amqp.Channel, handle func(context.Context, amqp.Delivery) error) error {
	work := context.WithoutCancel(ctx) // a message that was begun is finished
	// region: rabbit-consume
	if err := ch.Qos(20, 0, false); err != nil { // at most 20 unacknowledged messages here
		return err
	}
	deliveries, err := ch.ConsumeWithContext(ctx, "payments", "", false /* autoAck */, false, false, false, nil)
	if err != nil {
		return err
	}
	for d := range deliveries {
		if err := settle(d, handle(work, d)); err != nil {
			return err
		}
	}
	// endregion: rabbit-consume
	if ctx.Err() == nil {
		return amqp.ErrClosed // a closed channel or a cancelled consumer ends the loop without an error of its own
	}
	return nil
}

// region: rabbit-settle
func settle(d amqp.Delivery, failure error) error {
	switch {
	case failure == nil:
		return d.Ack(false)
	case errors.Is(failure, ErrPermanent):
		return d.Nack(false, false) // to the dead-letter queue now
	default:
		return d.Reject(true) // counts towards x-delivery-limit; Nack(…, true) does not since 4.3
	}
}

// endregion: rabbit-settle

// ConsumeCarelessly loses what it holds when it stops, and the broker sends as much as it can.
// region: rabbit-auto-ack
func ConsumeCarelessly(ch *amqp.Channel, handle func(amqp.Delivery) error) error {
	deliveries, err := ch.Consume("payments", "", true /* autoAck */, false, false, false, nil)
	if err != nil {
		return err
	}
	for d := range deliveries {
		_ = handle(d) // the broker has already forgotten the message
	}
	return nil
}

// endregion: rabbit-auto-ack
