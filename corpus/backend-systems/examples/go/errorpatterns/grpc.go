package errorpatterns

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Code is the only place where kinds become gRPC.
//
// region: grpc-code
func Code(err error) codes.Code {
	if errors.Is(err, context.Canceled) {
		return codes.Canceled
	} else if errors.Is(err, context.DeadlineExceeded) {
		return codes.DeadlineExceeded
	}
	return map[Kind]codes.Code{
		NotFound: codes.NotFound, Invalid: codes.InvalidArgument, Conflict: codes.AlreadyExists,
		Forbidden: codes.PermissionDenied, Unavailable: codes.Unavailable, Internal: codes.Internal,
	}[KindOf(err)]
}

// endregion: grpc-code

// Errors answers for methods that return a domain error.
func Errors(log *slog.Logger) grpc.UnaryServerInterceptor {
	// region: grpc-interceptor
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		resp, err := next(ctx, req)
		if err == nil {
			return resp, nil
		}
		LogOnce(ctx, log, err)
		return nil, status.Error(Code(err), NewProblem(err).Detail) // not err.Error()
	}
	// endregion: grpc-interceptor
}

// FromStatus turns the answer of another service into an error of ours.
func FromStatus(op string, err error) error {
	// region: from-status
	switch status.Code(err) {
	case codes.OK:
		return nil
	case codes.NotFound:
		return &Error{Kind: NotFound, Op: op, Err: err}
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded:
		return &Error{Kind: Unavailable, Op: op, Err: err}
	}
	return &Error{Kind: Internal, Op: op, Err: err} // their InvalidArgument is our mistake
	// endregion: from-status
}
