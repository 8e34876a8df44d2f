package messaging

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// region: nats-consumer
func Durable(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "ORDERS", Subjects: []string{"orders.>"}, MaxAge: 7 * 24 * time.Hour, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "billing", FilterSubject: "orders.>",
		AckWait: 30 * time.Second, MaxDeliver: maxDeliver, // without a limit a poison message comes back for ever
		MaxAckPending: 100, // back-pressure: no more are delivered and unacknowledged
	})
}

// endregion: nats-consumer

// region: nats-loop
func ConsumeOrders(ctx context.Context, js jetstream.JetStream, consumer jetstream.Consumer, handle func(context.Context, jetstream.Msg) error) error {
	messages, err := consumer.Messages(jetstream.PullMaxMessages(50))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, messages.Drain)() // takes no new ones, gives out what it has
	for {
		msg, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		} else if err != nil {
			return err
		}
		if err := settleNATS(context.WithoutCancel(ctx), js, msg, handle(context.WithoutCancel(ctx), msg)); err != nil {
			return err
		}
	}
}

// endregion: nats-loop

const maxDeliver = 5

// region: nats-settle
func settleNATS(ctx context.Context, js jetstream.JetStream, msg jetstream.Msg, failure error) error {
	if failure == nil {
		return msg.DoubleAck(ctx) // waits until the server has the acknowledgement
	}
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	if meta.NumDelivered < maxDeliver && !errors.Is(failure, ErrPermanent) {
		return msg.NakWithDelay(time.Second << meta.NumDelivered)
	}
	dead := &nats.Msg{Subject: "dead.orders", Data: msg.Data(), Header: nats.Header{"Error": {failure.Error()}}}
	if _, err := js.PublishMsg(ctx, dead); err != nil {
		return err // not terminated: it comes back after AckWait
	}
	return msg.TermWithReason(failure.Error())
}

// endregion: nats-settle

// region: nats-publish
func PublishOnce(ctx context.Context, js jetstream.JetStream, subject, messageID string, data []byte) (duplicate bool, err error) {
	ack, err := js.Publish(ctx, subject, data, jetstream.WithMsgID(messageID))
	if err != nil {
		return false, err // stored or not is unknown: publish again with the same id
	}
	return ack.Duplicate, nil // nil: the stream has stored it
}

// endregion: nats-publish
