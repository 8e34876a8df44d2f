package messaging

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func Durable(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	// region: nats-consumer
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "ORDERS", Subjects: []string{"orders.>"}, MaxAge: 7 * 24 * time.Hour, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "billing",
		AckWait: 30 * time.Second, MaxDeliver: maxDeliver, // without a limit a poison message comes back for ever
		MaxAckPending: 100, // back-pressure: no more are delivered and unacknowledged
	})
	// endregion: nats-consumer
}

func ConsumeOrders(ctx context.Context, js jetstream.JetStream, consumer jetstream.Consumer, handle func(context.Context, jetstream.Msg) error) error {
	messages, err := consumer.Messages(jetstream.PullMaxMessages(50))
	if err != nil {
		return err
	}
	work := context.WithoutCancel(ctx) // a message that was begun is finished
	// region: nats-loop
	defer context.AfterFunc(ctx, messages.Drain)() // pulls no more, gives out what it has
	for {
		msg, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		} else if err != nil {
			return err
		}
		if err := settleNATS(work, js, msg, handle(work, msg)); err != nil {
			return err
		}
	}
	// endregion: nats-loop
}

const maxDeliver = 5

func settleNATS(ctx context.Context, js jetstream.JetStream, msg jetstream.Msg, failure error) error {
	// region: nats-settle
	switch meta, err := msg.Metadata(); {
	case err != nil:
		return err
	case failure == nil:
		return msg.DoubleAck(ctx) // waits until the server has the acknowledgement
	case meta.NumDelivered < maxDeliver && !errors.Is(failure, ErrPermanent):
		return msg.NakWithDelay(time.Second << meta.NumDelivered)
	}
	if err := publishDead(ctx, js, msg, failure); err != nil {
		return err // not terminated: it comes back after AckWait
	}
	return msg.TermWithReason(failure.Error())
	// endregion: nats-settle
}

func publishDead(ctx context.Context, js jetstream.JetStream, msg jetstream.Msg, failure error) error {
	_, err := js.PublishMsg(ctx, &nats.Msg{
		Subject: "dead." + msg.Subject(), Data: msg.Data(), Header: nats.Header{"Error": {failure.Error()}},
	})
	return err
}

// region: nats-publish
func PublishOnce(ctx context.Context, js jetstream.JetStream, subject, messageID string, data []byte) (duplicate bool, err error) {
	ack, err := js.Publish(ctx, subject, data, jetstream.WithMsgID(messageID))
	if err != nil {
		return false, err // stored or not is unknown: publish again with the same id
	}
	return ack.Duplicate, nil // nil: the stream has stored it
}

// endregion: nats-publish
