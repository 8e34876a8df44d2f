// Package caching holds the Go code of the methodology caching-strategy.
package caching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotFound says that the system of record has no such row.
var ErrNotFound = errors.New("not found")

// User is the row that the examples cache; Version grows with every update.
type User struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"version"`
}

// Database stands for the system of record. It counts loads and can be made slow.
type Database struct {
	Delay time.Duration

	mu    sync.Mutex
	rows  map[int64]User
	loads atomic.Int64
}

// NewDatabase returns a database that holds the given rows.
func NewDatabase(rows ...User) *Database {
	db := &Database{rows: make(map[int64]User)}
	for _, row := range rows {
		db.rows[row.ID] = row
	}
	return db
}

// Load reads one row; the row is read at once and arrives after Delay.
func (d *Database) Load(ctx context.Context, id int64) (User, error) {
	d.loads.Add(1)
	d.mu.Lock()
	row, ok := d.rows[id]
	d.mu.Unlock()
	select {
	case <-time.After(d.Delay):
	case <-ctx.Done():
		return User{}, ctx.Err()
	}
	if !ok {
		return User{}, ErrNotFound
	}
	return row, nil
}

// Rename commits a new name.
func (d *Database) Rename(_ context.Context, id int64, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	row, ok := d.rows[id]
	if !ok {
		return ErrNotFound
	}
	row.Name, row.Version = name, row.Version+1
	d.rows[id] = row
	return nil
}

// Insert commits a new row.
func (d *Database) Insert(row User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows[row.ID] = row
}

// Loads says how often Load ran.
func (d *Database) Loads() int64 { return d.loads.Load() }

// region: key-names
// userSchema changes when the cached form of User changes: old pods keep their own keys.
const userSchema = "v3"

func userKey(id int64) string {
	return fmt.Sprintf("shop:user:%s:%d", userSchema, id)
}

func searchKey(tenant string, page int, queryHash string) string {
	return fmt.Sprintf("shop:search:v1:%s:%d:%s", tenant, page, queryHash)
}

// endregion: key-names

func encodeUser(u User) ([]byte, error) { return json.Marshal(u) }

func decodeUser(raw []byte) (User, error) {
	var u User
	if err := json.Unmarshal(raw, &u); err != nil {
		return User{}, fmt.Errorf("decode cached user: %w", err)
	}
	return u, nil
}
