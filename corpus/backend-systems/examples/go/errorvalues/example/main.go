// Command example loads settings, reports every mistake with its line, and tells a missing file from a broken one.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type settingError struct {
	Line int
	Name string
	Err  error
}

func (e *settingError) Error() string { return fmt.Sprintf("line %d: %s: %v", e.Line, e.Name, e.Err) }
func (e *settingError) Unwrap() error { return e.Err }

var errUnknown = errors.New("unknown setting")

func load(path string) (map[string]int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	settings, errs := map[string]int{}, []error(nil)
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, value, _ := strings.Cut(line, "=")
		number, err := strconv.Atoi(value)
		switch {
		case name != "port" && name != "workers":
			errs = append(errs, &settingError{i + 1, name, errUnknown})
		case err != nil:
			errs = append(errs, &settingError{i + 1, name, err})
		default:
			settings[name] = number
		}
	}
	return settings, errors.Join(errs...)
}

func describe(path string) string {
	settings, err := load(path)
	switch {
	case err == nil:
		return fmt.Sprint("settings ", settings)
	case errors.Is(err, fs.ErrNotExist):
		return "no settings file, using defaults"
	case errors.Is(err, errUnknown):
		return "has unknown settings:\n" + err.Error()
	default:
		return "is broken:\n" + err.Error()
	}
}

func main() {
	folder, err := os.MkdirTemp("", "settings")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(folder)
	for name, text := range map[string]string{"good": "port=80\nworkers=4", "bad": "port=eighty\nspeed=9"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	for _, name := range []string{"good", "bad", "none"} {
		fmt.Println(name+":", describe(filepath.Join(folder, name)))
	}
}
