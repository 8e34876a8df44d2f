package httphandlers

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v5"
)

// Chi is a router of standard handlers with groups.
func Chi() http.Handler {
	// region: chi
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer)
	r.Route("/orders", func(r chi.Router) {
		r.Get("/{id}", func(w http.ResponseWriter, req *http.Request) {
			_, _ = w.Write([]byte(chi.URLParam(req, "id")))
		})
	})
	// endregion: chi
	return r
}

// ginOrder is bound and validated by gin.
type ginOrder struct {
	Customer string `json:"customer" binding:"required"`
	Quantity int    `json:"quantity" binding:"min=1,max=1000"`
}

// Gin binds with a bounded body and trusts no proxy.
func Gin() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	// region: gin
	err := r.SetTrustedProxies(nil)
	r.POST("/orders", func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20)
		var order ginOrder
		if err := c.ShouldBindJSON(&order); err != nil {
			c.JSON(DecodeStatus(err), gin.H{"title": "not a valid order"})
			return
		}
		c.JSON(http.StatusCreated, order)
	})
	// endregion: gin
	return r, err
}

// GinInGoroutine copies the context before a goroutine uses it.
func GinInGoroutine(audit func(string)) gin.HandlerFunc {
	// region: gin-copy
	return func(c *gin.Context) {
		copied := c.Copy()
		go audit(copied.Request.URL.Path)
		c.Status(http.StatusAccepted)
	}
	// endregion: gin-copy
}

// Echo returns errors from handlers; one place turns them into responses.
func Echo() http.Handler {
	// region: echo
	e := echo.New()
	e.POST("/orders", func(c *echo.Context) error {
		var order NewOrder
		if err := c.Bind(&order); err != nil {
			return err
		}
		if len(order.Problems()) > 0 {
			return echo.NewHTTPError(http.StatusUnprocessableEntity, "not a valid order")
		}
		return c.JSON(http.StatusCreated, order)
	})
	// endregion: echo
	return e
}

var errNoOrder = errors.New("no such order")

// Fiber maps errors in one handler.
func Fiber() *fiber.App {
	// region: fiber
	app := fiber.New(fiber.Config{
		BodyLimit: 1 << 20,
		ErrorHandler: func(c fiber.Ctx, err error) error {
			if errors.Is(err, errNoOrder) {
				return c.SendStatus(fiber.StatusNotFound)
			}
			slog.Error("handler", "err", err)
			return c.SendStatus(fiber.StatusInternalServerError)
		},
	})
	// endregion: fiber
	app.Get("/orders/:id", func(fiber.Ctx) error { return errNoOrder })
	return app
}
