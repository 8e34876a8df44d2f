package backend

import (
	"context"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// NewGRPCServer bounds the age of connections, so that clients spread over new replicas.
func NewGRPCServer() (*grpc.Server, *health.Server) {
	// region: grpc-new
	srv := grpc.NewServer(
		grpc.MaxConcurrentStreams(1000),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      5 * time.Minute,
			MaxConnectionAgeGrace: 30 * time.Second,
		}),
	)
	healthy := health.NewServer()
	healthpb.RegisterHealthServer(srv, healthy)
	// endregion: grpc-new
	return srv, healthy
}

// ServeGRPC serves until ctx ends, drains for grace and then cuts what is left.
func ServeGRPC(ctx context.Context, srv *grpc.Server, healthy *health.Server, listener net.Listener, grace time.Duration) error {
	// region: grpc-stop
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	healthy.Shutdown() // NOT_SERVING: clients that watch go elsewhere
	cut := time.AfterFunc(grace, srv.Stop)
	defer cut.Stop()
	srv.GracefulStop()
	return nil
	// endregion: grpc-stop
}
