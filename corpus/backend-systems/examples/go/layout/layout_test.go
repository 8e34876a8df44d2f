package layout

import (
	"debug/elf"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// run runs a command in a folder, without network, without the user's settings and, unless env says so, without a workspace.
func run(t *testing.T, folder string, env []string, name string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-buildvcs=auto", "GOWORK=off", "GOTOOLCHAIN=local", "GIT_CONFIG_GLOBAL=/dev/null")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func must(t *testing.T, folder string, env []string, name string, args ...string) string {
	t.Helper()
	out, works := run(t, folder, env, name, args...)
	if !works {
		t.Fatalf("%s %v: %s", name, args, out)
	}
	return out
}

func TestWhatTheGoCommandSays(t *testing.T) {
	for _, c := range []struct {
		module, args string
		works        bool
		says         string
	}{
		{"app", "build ./forbidden", false, "use of internal package example.com/lib/internal/db not allowed"},
		{"app", "build ./allowed", true, ""},
		{"lib/tool", "vet ./...", true, ""},
		{"nested", "build ./order", true, ""},
		{"nested", "build ./billing", false, "use of internal package example.com/nested/order/internal/pricing not allowed"},
		{"mixed", "build .", false, "found packages handlers (handlers.go) and main (main.go) in "},
		{"twomains", "build .", false, "main redeclared in this block"},
		{"notinstd", "build .", false, "package shop/internal/db is not in std ("},
		{"srcdir", "build ./right", true, ""},
		{"srcdir", "build ./wrong", false, "no required module provides package example.com/srcdir/order; to add it:"},
		{"srcdir", "build ./cmd/api", false, "cmd/api: directory not found"},
		{"srcdir", "build ./src", false, "no Go files in "},
		{"embed", "build ./up", false, "pattern ../migrations/*.sql: invalid pattern syntax"},
		{"embed", "build ./none", false, "pattern *.sql: no matching files found"},
		{"vendored", "run .", true, "vendored"},
		{"vendored", "build -mod=readonly .", false, "missing go.sum entry for module providing package example.com/lib"},
		{"drifted", "build .", false, "go: inconsistent vendoring in "},
		{"drifted", "build .", false, "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"},
		{"moved", "vet ./...", true, ""},
		{"moved", "fix -diff ./...", false, "+func First() order.Order"},
		{"workspace", "build ./...", false, "directory prefix . does not contain modules listed in go.work or their selected dependencies"},
		{"workspace", "vet work", true, ""},
		{"workspace", "build -mod=mod ./lib", false, "-mod may only be set to readonly or vendor when in workspace mode"},
		{"workspace/service", "run .", true, "hello from the working copy"},
		{"workspace/forgotten", "run .", false, "current directory is contained in a module that is not one of the workspace modules listed in go.work"},
		{"service", "vet ./...", true, ""},
		{"service", "mod tidy -diff", true, ""},
		{"service", "test ./...", true, "ok"},
		{"service", "run ./cmd/migrate", true, "0001_orders.sql\n0002_note.sql\n"},
		{"service", "run ./cmd/api -version", true, "shop (devel)\n"},
	} {
		var env []string
		if strings.HasPrefix(c.module, "workspace") {
			env = []string{"GOWORK="}
		}
		out, works := run(t, filepath.Join("testdata", c.module), env, "go", strings.Split(c.args, " ")...)
		if works != c.works || !strings.Contains(out, c.says) {
			t.Errorf("%s: go %s: works %v, says\n%s", c.module, c.args, works, out)
		}
	}
}

func TestWithoutModule(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "main.go", "package main\n\nfunc main() {}\n")
	for args, says := range map[string]string{
		"build .":     "go: go.mod file not found in current directory or any parent directory; see 'go help modules'",
		"build ./...": "directory prefix . does not contain main module or its selected dependencies",
		"mod init":    "cannot determine module path for source directory",
	} {
		if out, works := run(t, folder, nil, "go", strings.Fields(args)...); works || !strings.Contains(out, says) {
			t.Errorf("go %s: %s", args, out)
		}
	}
}

func TestWithoutSums(t *testing.T) {
	version := must(t, ".", nil, "go", "list", "-m", "-f", "{{.Version}}", "golang.org/x/sync")
	folder := t.TempDir()
	source, err := os.ReadFile("testdata/nosum/main.go")
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "main.go", string(source))
	write(t, folder, "go.mod", "module example.com/nosum\n\ngo 1.26\n\nrequire golang.org/x/sync "+version)
	out, works := run(t, folder, nil, "go", "build", ".")
	if works || !strings.Contains(out, "missing go.sum entry for module providing package golang.org/x/sync/errgroup") {
		t.Error(out)
	}
}

func TestTheWorkspaceHidesAnUnreleasedDependency(t *testing.T) {
	if out, works := run(t, "testdata/workspace", nil, "sh", "check.sh"); works || !strings.Contains(out, "missing go.sum entry") {
		t.Error(out)
	}
}

func TestMakeBuildsAllPrograms(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not installed")
	}
	folder := copyOf(t, "testdata/service")
	must(t, folder, nil, "make", "build", "check")
	for _, program := range []string{"bin/api", "bin/migrate"} {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			t.Error(err)
		}
	}
}

func TestTheDockerfile(t *testing.T) {
	raw, err := os.ReadFile("testdata/service/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	stages := strings.Split(text, "\nFROM ")[1:]
	for _, stage := range stages {
		if image := regexp.MustCompile(`^(?:--platform=\S+ )?\S+:([\w.-]+)`).FindStringSubmatch(stage); image == nil || image[1] == "latest" {
			t.Errorf("not pinned: %q", strings.SplitN(stage, "\n", 2)[0])
		}
	}
	final := stages[len(stages)-1]
	if !regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(final) || !strings.Contains(final, `ENTRYPOINT ["/`) {
		t.Error(final)
	}
	if !strings.Contains(text, "FROM --platform=$BUILDPLATFORM golang:1.26.") {
		t.Error("the image has another Go than go.mod")
	}
	build := regexp.MustCompile(`CGO_ENABLED=0 .*go build .*`).FindString(text)
	folder, out := copyOf(t, "testdata/service"), t.TempDir()
	build = strings.ReplaceAll(build, "/out/", out+"/")
	must(t, folder, []string{"TARGETOS=linux", "TARGETARCH=arm64", "PROGRAM=api"}, "sh", "-c", build)
	program, err := elf.Open(filepath.Join(out, "program"))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if program.Machine != elf.EM_AARCH64 || needsLoader(program) {
		t.Error("not a static program for arm64")
	}
}

func needsLoader(program *elf.File) bool {
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP {
			return true
		}
	}
	return false
}

// TestAnEmptyImage runs programs in an empty root folder, as an image FROM scratch gives it.
func TestAnEmptyImage(t *testing.T) {
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("changing the root folder needs root on Linux")
	}
	root := t.TempDir()
	build := func(name string, env string, flags ...string) {
		args := append([]string{"build", "-trimpath", "-o", filepath.Join(root, name)}, flags...)
		must(t, "testdata/probe", []string{env}, "go", append(args, ".")...)
	}
	build("static", "CGO_ENABLED=0")
	build("zones", "CGO_ENABLED=0", "-tags=timetzdata")
	inside := func(args ...string) string {
		cmd := &exec.Cmd{Path: "/" + args[0], Args: args, Dir: "/", Env: []string{}, SysProcAttr: &syscall.SysProcAttr{Chroot: root}}
		out, err := cmd.CombinedOutput()
		return fmt.Sprint(string(out), err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one handshake fails on purpose
	server.StartTLS()
	defer server.Close()
	expect := func(says string, args ...string) {
		t.Helper()
		if out := inside(args...); !strings.Contains(out, says) {
			t.Errorf("%v: %s", args, out)
		}
	}
	expect("fine", "static", "nothing")
	expect("unknown time zone Europe/Berlin", "static", "zone")
	expect("fine", "zones", "zone")
	expect("no such file or directory", "static", "tmp")
	expect("x509: certificate signed by unknown authority", "static", "tls", server.URL)
	write(t, root, "etc/ssl/certs/ca-certificates.crt",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	expect("fine", "static", "tls", server.URL)
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("the part with cgo needs gcc")
	}
	build("dynamic", "CGO_ENABLED=1")
	expect("no such file or directory", "dynamic", "nothing")
}

func TestVersions(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	folder := copyOf(t, "testdata/service")
	version := func() string {
		must(t, folder, []string{"GOPROXY=direct"}, "go", "build", "-o", "bin/", "./cmd/api") // with GOPROXY=off a tag is not looked up
		return strings.TrimSpace(must(t, folder, nil, "bin/api", "-version"))
	}
	git := func(args ...string) {
		must(t, folder, nil, "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	}
	expect := func(pattern string) {
		t.Helper()
		if got := version(); !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s, not %s", got, pattern)
		}
	}
	expect(`^shop \(devel\)$`)
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "first")
	expect(`^shop v0\.0\.0-\d{14}-[0-9a-f]{12}$`)
	git("tag", "v1.2.3")
	expect(`^shop v1\.2\.3$`)
	write(t, folder, "internal/build/build_extra.go", "package build\n")
	expect(`^shop v1\.2\.3\+dirty$`)
	must(t, folder, nil, "go", "build", "-o", "bin/", "./cmd/api")
	if got := must(t, folder, nil, "bin/api", "-version"); !strings.HasPrefix(got, "shop v0.0.0-") {
		t.Errorf("GOPROXY=off: %s", got)
	}
	git("add", ".")
	git("commit", "-qm", "second")
	expect(`^shop v1\.2\.4-0\.\d{14}-[0-9a-f]{12}$`)
	git("tag", "v2.0.0") // the module path does not end in /v2
	expect(`^shop v1\.2\.4-0\.\d{14}-[0-9a-f]{12}$`)
	must(t, folder, []string{"PATH=/nonexistent", "CGO_ENABLED=0"}, "go", "build", "-o", "bin/", "./cmd/api")
	if got := must(t, folder, nil, "bin/api", "-version"); got != "shop (devel)\n" {
		t.Errorf("without git: %s", got)
	}
	if os.Getuid() != 0 {
		t.Skip("a foreign owner needs root")
	}
	if err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 1234, 1234))
	}); err != nil {
		t.Fatal(err)
	}
	out, works := run(t, folder, nil, "go", "build", "-o", "bin/", "./cmd/api")
	if works || !strings.Contains(out, "error obtaining VCS status: exit status 128\n\tUse -buildvcs=false to disable VCS stamping.") {
		t.Error(out)
	}
	must(t, folder, nil, "go", "build", "-buildvcs=false", "-o", "bin/", "./cmd/api")
}

func TestTrimpathRemovesTheFolder(t *testing.T) {
	for _, c := range []struct {
		flag string
		want bool
	}{{"-trimpath=false", true}, {"-trimpath", false}} {
		folder := copyOf(t, "testdata/service")
		must(t, folder, nil, "go", "build", c.flag, "-o", "bin/", "./cmd/api")
		program, err := os.ReadFile(filepath.Join(folder, "bin/api"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(program), folder+"/internal/api/api.go"); got != c.want {
			t.Errorf("%s: the program names the folder: %v", c.flag, got)
		}
		if got := strings.Contains(string(program), "example.com/shop/internal/api/api.go"); got == c.want {
			t.Errorf("%s: the program names the module's file: %v", c.flag, got)
		}
	}
}

func copyOf(t *testing.T, folder string) string {
	t.Helper()
	target := t.TempDir()
	if err := os.CopyFS(target, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return target
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}
