// Package backend holds the code that the methodology go-backend shows.
package backend

import (
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/caarlos0/env/v11"
)

// region: secret
// Secret is a string that no log line and no %v prints.
type Secret string

// Reveal returns the text for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string               { return "[hidden]" }
func (Secret) GoString() string             { return "[hidden]" }
func (Secret) LogValue() slog.Value         { return slog.StringValue("[hidden]") }
func (Secret) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// endregion: secret

// PlainConfig shows the mistake: the password is an ordinary string.
type PlainConfig struct {
	DatabaseURL string
}

// region: config
type Config struct {
	Addr        string        `env:"ADDR" envDefault:":8080"`
	DatabaseURL Secret        `env:"DATABASE_URL,required,notEmpty"`
	MaxConns    int32         `env:"MAX_CONNS" envDefault:"10"`
	Grace       time.Duration `env:"GRACE" envDefault:"20s"`
}

// LoadConfig reports every missing or unreadable variable in one error.
func LoadConfig(environment map[string]string) (Config, error) {
	return env.ParseAsWithOptions[Config](env.Options{Environment: environment})
}

// endregion: config

// GuessConfig shows the mistake: unreadable settings become zero without a word.
func GuessConfig() (maxConns int, grace time.Duration) {
	// region: guessed-config
	maxConns, _ = strconv.Atoi(os.Getenv("MAX_CONNS"))
	grace, _ = time.ParseDuration(os.Getenv("GRACE"))
	// endregion: guessed-config
	return maxConns, grace
}
