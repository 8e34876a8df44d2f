package backend

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v5"
)

// RunGin serves a Gin engine with a server of our own, since Engine.Run has no timeouts and no way to stop.
func RunGin(ctx context.Context, engine *gin.Engine, listener net.Listener) error {
	// region: run-gin
	srv := &http.Server{Handler: engine.Handler(), ReadHeaderTimeout: 5 * time.Second}
	return Serve(ctx, srv, listener, 20*time.Second)
	// endregion: run-gin
}

// RunEcho lets Echo v5 wait for running requests.
func RunEcho(ctx context.Context, e *echo.Echo, listener net.Listener) error {
	// region: run-echo
	start := echo.StartConfig{
		Listener:        listener,
		GracefulTimeout: 20 * time.Second,
		HideBanner:      true,
		BeforeServeFunc: func(s *http.Server) error {
			s.ReadHeaderTimeout = 5 * time.Second
			return nil
		},
	}
	return start.Start(ctx, e)
	// endregion: run-echo
}

// RunFiberLosing shows the mistake: Listener returns as soon as the listener is closed.
func RunFiberLosing(ctx context.Context, app *fiber.App, listener net.Listener) error {
	// region: fiber-losing
	return app.Listener(listener, fiber.ListenConfig{GracefulContext: ctx, DisableStartupMessage: true})
	// endregion: fiber-losing
}

// RunFiber waits for the shutdown, not for the listener.
func RunFiber(ctx context.Context, app *fiber.App, listener net.Listener) error {
	// region: run-fiber
	failed := make(chan error, 1)
	go func() { failed <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return app.ShutdownWithTimeout(20 * time.Second)
	}
	// endregion: run-fiber
}
