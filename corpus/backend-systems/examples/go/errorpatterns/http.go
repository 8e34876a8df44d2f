package errorpatterns

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v5"
)

// region: status
var statuses = map[Kind]int{
	NotFound:    http.StatusNotFound,
	Invalid:     http.StatusUnprocessableEntity,
	Conflict:    http.StatusConflict,
	Forbidden:   http.StatusForbidden,
	Unavailable: http.StatusServiceUnavailable,
	Internal:    http.StatusInternalServerError,
}

// Status is the only place where kinds become HTTP.
func Status(err error) int { return statuses[KindOf(err)] }

// endregion: status

// Problem is the body of an error response, as in RFC 9457.
type Problem struct {
	Type   string      `json:"type"`
	Title  string      `json:"title"`
	Status int         `json:"status"`
	Detail string      `json:"detail,omitempty"`
	Errors FieldErrors `json:"errors,omitempty"`
}

// NewProblem holds what a client may know of an error.
func NewProblem(err error) Problem {
	// region: problem
	problem := Problem{Type: "about:blank", Title: http.StatusText(Status(err)), Status: Status(err)}
	if found, ok := errors.AsType[*Error](err); ok {
		problem.Type = "https://errors.example/" + string(found.Kind) // stable: clients switch on it
		problem.Detail = found.Public
	}
	if fields, ok := errors.AsType[FieldErrors](err); ok {
		problem.Errors = fields
	}
	// endregion: problem
	return problem
}

// WriteProblem answers with application/problem+json.
func WriteProblem(w http.ResponseWriter, err error) {
	// region: write-problem
	problem := NewProblem(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if problem.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(2))
	}
	w.WriteHeader(problem.Status)
	_ = json.NewEncoder(w).Encode(problem)
	// endregion: write-problem
}

// region: handler-func
// HandlerFunc is a handler that may fail; one place answers and logs.
type HandlerFunc func(http.ResponseWriter, *http.Request) error

func (h HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		LogOnce(r.Context(), slog.Default(), err)
		WriteProblem(w, err)
	}
}

// endregion: handler-func

// LogOnce is called where an error is answered, and nowhere below.
func LogOnce(ctx context.Context, log *slog.Logger, err error) {
	// region: log-once
	switch status := Status(err); {
	case errors.Is(err, context.Canceled): // the client left
		log.InfoContext(ctx, "request cancelled", "err", err)
	case status >= 500:
		log.ErrorContext(ctx, "request failed", "status", status, "err", err)
	default: // the client's mistake: no alarm
		log.InfoContext(ctx, "request refused", "status", status, "err", err)
	}
	// endregion: log-once
}

// LogEverywhere logs and returns, so that each layer writes the same error again.
func LogEverywhere(ctx context.Context, users *Users, id int64) error {
	// region: log-and-return-bad
	_, err := users.Find(ctx, id)
	if err != nil {
		slog.ErrorContext(ctx, "find user", "err", err)
		return err // the caller logs it as well
	}
	// endregion: log-and-return-bad
	return nil
}

// LeakToClient sends the text of an internal error.
func LeakToClient(w http.ResponseWriter, err error) {
	// region: leak-bad
	http.Error(w, err.Error(), http.StatusInternalServerError) // SQL, host names, paths
	// endregion: leak-bad
}

// GinErrors answers for handlers that call c.Error.
func GinErrors(log *slog.Logger) gin.HandlerFunc {
	// region: gin
	return func(c *gin.Context) {
		c.Next()
		if len(c.Errors) == 0 || c.Writer.Written() {
			return
		}
		err := c.Errors.Last().Err
		LogOnce(c.Request.Context(), log, err)
		WriteProblem(c.Writer, err)
	}
	// endregion: gin
}

// NewEcho answers for handlers that return an error.
func NewEcho(log *slog.Logger) *echo.Echo {
	e := echo.New()
	// region: echo
	standard := echo.DefaultHTTPErrorHandler(false)
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		var coded echo.HTTPStatusCoder
		if errors.As(err, &coded) { // a 404 of the router, a bind error: Echo's own
			standard(c, err)
			return
		}
		LogOnce(c.Request().Context(), log, err)
		WriteProblem(c.Response(), err)
	}
	// endregion: echo
	return e
}

// NewFiber answers for handlers that return an error.
func NewFiber() *fiber.App {
	// region: fiber
	return fiber.New(fiber.Config{ErrorHandler: func(c fiber.Ctx, err error) error {
		problem := NewProblem(err)
		if own, ok := errors.AsType[*fiber.Error](err); ok { // Fiber's own 404, 405, 413
			problem.Status, problem.Title = own.Code, own.Message
		}
		return c.Status(problem.Status).JSON(problem, "application/problem+json")
	}})
	// endregion: fiber
}
