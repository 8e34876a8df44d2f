package structure

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gocmd runs the go command inside a module of testdata, without network and without a workspace.
func gocmd(t *testing.T, module string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join("testdata", module)
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func TestWhatTheGoCommandSays(t *testing.T) {
	for _, c := range []struct {
		module, args string
		works        bool
		says         string
	}{
		{"cycle", "build ./...", false, "import cycle not allowed"},
		{"nocycle", "run .", true, "1"},
		{"testcycle", "vet ./...", false, "import cycle not allowed in test"},
		{"testnocycle", "test ./order", true, "ok"},
		{"suffix", "build ./...", false, "undefined: exportReport"},
		{"suffix", "list -f {{.IgnoredGoFiles}}", true, "[export_js.go]"},
		{"tags", "build ./only", false, "build constraints exclude all Go files in"},
		{"tags", "test ./...", true, ""},
		{"tags", "vet -tags=integration ./...", false, "undefined: removedLongAgo"},
		{"tags", "test -tags=integration ./store", false, "DATABASE_URL has to be set"},
		{"tags", "build ./limits", true, ""},
		{"program", "build ./...", false, `import "example.com/program/cmd/orders" is a program, not an importable package`},
		{"newer", "build ./...", false, "go.mod requires go >= 1.99 (running go1"},
		{"shadow", "build ./...", false, "url.Parse undefined (type string has no field or method Parse)"},
		{"stale", "build .", false, "*fake does not implement Payments (missing method Refund)"},
		{"stale", "build ./value", false, "fake does not implement Payments (method Charge has pointer receiver)"},
		{"tooling", "tool hello", true, "hello"},
		{"tooling", "tool goodbye", false, `go: no such tool "goodbye"`},
		{"tooling", "tool -modfile=tools.mod goodbye", true, "goodbye"},
		{"tooling", "generate ./...", true, "hello"},
		{"initorder", "run .", true, "alpha\nbeta\n"},
		{"inline", "fix -diff ./...", false, "+func Price() string { return money.Format(1250) }"},
	} {
		out, works := gocmd(t, c.module, strings.Split(c.args, " ")...)
		says := strings.Contains(strings.ReplaceAll(out, "running go ", "running go"), c.says)
		if works != c.works || !says {
			t.Errorf("%s: go %s: works %v, says\n%s", c.module, c.args, works, out)
		}
	}
}

func TestPatternsLeaveFoldersOut(t *testing.T) {
	for module, want := range map[string]string{
		"ignored": "example.com/ignored",
		"nested":  "example.com/nested",
		"tags":    "example.com/tags/broken example.com/tags/limits",
	} {
		if out, _ := gocmd(t, module, "list", "./..."); strings.Join(strings.Fields(out), " ") != want {
			t.Errorf("%s: %s", module, out)
		}
	}
}

// region: boundary-test
func TestTheCoreKnowsNoProtocolAndNoDatabase(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./order").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"net/http", "database/sql", "github.com/jackc/pgx/v5"} {
		if slices.Contains(strings.Fields(string(out)), forbidden) {
			t.Errorf("package order depends on %s", forbidden)
		}
	}
}

// endregion: boundary-test

func TestTheBoundaryTestFindsABrokenBoundary(t *testing.T) {
	out, works := gocmd(t, "boundary", "list", "-deps", "./order")
	if !works || !slices.Contains(strings.Fields(out), "net/http") {
		t.Error(out)
	}
}

func TestTheScriptIsValidShell(t *testing.T) {
	if out, err := exec.Command("sh", "-n", "scripts/generated.sh").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
