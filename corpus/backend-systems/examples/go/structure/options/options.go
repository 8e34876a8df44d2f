// Package options shows how a constructor takes settings, and what its neighbours look like.
package options

import (
	"errors"
	"io"
	"time"
)

// region: config-struct
// Config holds what may be left out; a zero field means the default that its comment names.
type Config struct {
	Timeout time.Duration // 5 s
	Retries int           // 0: no retry
}

// New takes what is needed as parameters and the rest as a struct.
func New(address string, config Config) *Client {
	if config.Timeout == 0 {
		config.Timeout = 5 * time.Second
	}
	return &Client{address, config}
}

// endregion: config-struct

// Client talks to one address.
type Client struct {
	address string
	config  Config
}

// Timeout is the time that one call may take.
func (c *Client) Timeout() time.Duration { return c.config.Timeout }

// region: wide-interface
// Storage shows the mistake: the interface lives beside its only implementation and lists all of it.
type Storage interface {
	SaveOrder(order string) error
	DeleteOrder(order string) error
	SaveUser(user string) error
	ListUsers() ([]string, error)
}

// NewStorage returns the interface, so callers cannot see what they really have.
func NewStorage() Storage { return &storage{} }

// endregion: wide-interface

type storage struct{ users []string }

func (s *storage) SaveOrder(string) error       { return nil }
func (s *storage) DeleteOrder(string) error     { return nil }
func (s *storage) SaveUser(user string) error   { s.users = append(s.users, user); return nil }
func (s *storage) ListUsers() ([]string, error) { return s.users, nil }

// region: registry
// Formats is a value that main fills; no import changes it.
type Formats map[string]func(io.Writer) error

// Write finds the format by name.
func (f Formats) Write(name string, out io.Writer) error {
	write, ok := f[name]
	if !ok {
		return errors.New("unknown format " + name)
	}
	return write(out)
}

// endregion: registry
