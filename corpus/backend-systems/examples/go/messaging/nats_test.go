package messaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsServer starts a NATS server with JetStream in this process.
func natsServer(t *testing.T) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Port: -1, Host: "127.0.0.1", JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(5 * time.Second) {
		t.Fatal("the server did not start")
	}
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

func TestTheSameMessageIDIsStoredOnce(t *testing.T) {
	_, js := natsServer(t)
	if _, err := Durable(t.Context(), js); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		duplicate, err := PublishOnce(t.Context(), js, "orders.placed", messageID, []byte("1"))
		if err != nil || duplicate != (n > 0) {
			t.Fatalf("publish %d: duplicate %v, %v", n, duplicate, err)
		}
	}
	stream, err := js.Stream(t.Context(), "ORDERS")
	if err != nil || stream.CachedInfo().State.Msgs != 1 {
		t.Fatalf("%d messages: %v", stream.CachedInfo().State.Msgs, err)
	}
}

func TestDefaultsOfAJetStreamConsumer(t *testing.T) {
	_, js := natsServer(t)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "d"})
	if err != nil {
		t.Fatal(err)
	}
	c, s := consumer.CachedInfo().Config, stream.CachedInfo().Config
	if c.AckWait != 30*time.Second || c.MaxDeliver != -1 || c.MaxAckPending != 1000 || c.AckPolicy != jetstream.AckExplicitPolicy || s.Duplicates != 2*time.Minute {
		t.Fatalf("ack wait %v, max deliver %d, max ack pending %d, duplicates %v", c.AckWait, c.MaxDeliver, c.MaxAckPending, s.Duplicates)
	}
}

func TestFailuresAreDelayedAndBadMessagesPutAside(t *testing.T) {
	_, js := natsServer(t)
	consumer, err := Durable(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "DEAD", Subjects: []string{"dead.>"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"good", "broken", "busy"} {
		if _, err := PublishOnce(t.Context(), js, "orders.placed", "id-"+body, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	var handled atomic.Int64
	go func() {
		done <- ConsumeOrders(ctx, js, consumer, func(_ context.Context, msg jetstream.Msg) error {
			handled.Add(1)
			switch string(msg.Data()) {
			case "broken":
				return fmt.Errorf("%w: not JSON", ErrPermanent)
			case "busy":
				return errors.New("database is away")
			}
			return nil
		})
	}()
	for range 200 {
		if info, err := consumer.Info(t.Context()); err == nil && handled.Load() == 3 && info.NumAckPending == 1 && info.NumPending == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	info, err := dead.Info(t.Context())
	if err != nil || info.State.Msgs != 1 || handled.Load() != 3 {
		t.Fatalf("%d dead, %d handled: %v", info.State.Msgs, handled.Load(), err)
	}
	if msg, err := dead.GetLastMsgForSubject(t.Context(), "dead.orders.placed"); err != nil || string(msg.Data) != "broken" || msg.Header.Get("Error") == "" {
		t.Fatalf("%+v: %v", msg, err)
	}
}

func TestMaxDeliverStopsSilentlyAndSendsAnAdvisory(t *testing.T) {
	nc, js := natsServer(t)
	advisories, err := nc.SubscribeSync("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WORK.w")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "WORK", Subjects: []string{"work"}, Retention: jetstream.WorkQueuePolicy})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "w", AckWait: 50 * time.Millisecond, MaxDeliver: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "work", []byte("poison")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // delivered twice, never acknowledged, like a process that dies
		if _, err := consumer.Next(jetstream.FetchMaxWait(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if msg, err := consumer.Next(jetstream.FetchMaxWait(200 * time.Millisecond)); err == nil {
		t.Fatalf("delivery 3: %s", msg.Data())
	}
	advisory, err := advisories.NextMsg(time.Second)
	if err != nil || !bytes.Contains(advisory.Data, []byte(`"stream_seq":1`)) {
		t.Fatalf("advisory: %v", err)
	}
	if info, err := stream.Info(t.Context()); err != nil || info.State.Msgs != 1 {
		t.Fatalf("the message has to stay in the work queue: %+v, %v", info.State, err)
	}
}

func TestBackOffAppliesToTimeoutsAndNotToNak(t *testing.T) {
	_, js := natsServer(t)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "d", MaxDeliver: 5, BackOff: []time.Duration{time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", nil); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		msg, err := consumer.Next(jetstream.FetchMaxWait(500 * time.Millisecond))
		if err != nil {
			t.Fatalf("delivery %d: %v", n, err)
		}
		if err := msg.Nak(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestErrorsOfPublishing(t *testing.T) {
	nc, js := natsServer(t)
	if err := nc.Publish("nobody.listens", nil); err != nil {
		t.Fatalf("core NATS knows no receiver and no error: %v", err)
	}
	if _, err := js.Publish(t.Context(), "no.stream", nil, jetstream.WithRetryAttempts(0)); !errors.Is(err, jetstream.ErrNoStreamResponse) ||
		err.Error() != "nats: no response from stream" {
		t.Errorf("no stream: %v", err)
	}
	if _, err := nc.Request("nobody.listens", nil, time.Second); err == nil || err.Error() != "nats: no responders available for request" {
		t.Errorf("no responder: %v", err)
	}
	if err := nc.Publish("large", make([]byte, 2<<20)); !errors.Is(err, nats.ErrMaxPayload) || !strings.Contains(err.Error(), "maximum payload exceeded") {
		t.Errorf("two megabytes: %v", err)
	}
}
