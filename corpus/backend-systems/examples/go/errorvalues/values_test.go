package errorvalues

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

var missing = filepath.Join("no", "such", "file")

func TestIsSeesThroughWrappingAndEqualityDoesNot(t *testing.T) {
	s := Store{"a": 1}
	if n, err := GetOr(s, "b", 7); n != 7 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := GetOrByEquality(s, "b", 7); err == nil || err.Error() != `get "b": store: not found` {
		t.Fatal(err)
	}
}

func TestWrappingKeepsTheChainAndPercentVEndsIt(t *testing.T) {
	_, err := ReadPort(missing)
	if !IsMissing(err) || !strings.HasPrefix(err.Error(), "read port: open ") {
		t.Fatal(err)
	}
	if IsMissing(ReadPortHidden(missing)) {
		t.Fatal("the verb v has to hide the cause")
	}
	path := filepath.Join(t.TempDir(), "port")
	_ = os.WriteFile(path, []byte("eighty"), 0o600)
	if _, err := ReadPort(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatal(err)
	}
}

func TestTypesAreFoundInTheChain(t *testing.T) {
	err := fmt.Errorf("load: %w", &ParseError{Line: 3, Err: io.ErrUnexpectedEOF})
	for name, find := range map[string]func(error) (int, bool){"AsType": LineOf, "As": LineOfBefore126} {
		if line, ok := find(err); !ok || line != 3 {
			t.Error(name, line, ok)
		}
	}
	if _, ok := LineByAssertion(err); ok {
		t.Error("an assertion does not see through wrapping")
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("Unwrap leads on")
	}
}

type flaky struct{ error }

func (flaky) Temporary() bool { return true }

func TestBehaviourIsAskedWithoutKnowingTheType(t *testing.T) {
	if !MayRetry(fmt.Errorf("x: %w", flaky{io.EOF})) || MayRetry(io.EOF) {
		t.Fatal("only errors that say so may be retried")
	}
}

func TestAnErrorMayDecideWhatItIs(t *testing.T) {
	err := fmt.Errorf("call: %w", StatusError{404})
	if !errors.Is(err, ErrNotFound) || errors.Is(StatusError{500}, ErrNotFound) {
		t.Fatal(err)
	}
}

func TestJoinKeepsAllAndIsNilForNone(t *testing.T) {
	err := CheckAll([]string{"1", "x", "2", "y"})
	if !slices.Equal(EachParseError(err), []int{2, 4}) || strings.Count(err.Error(), "\n") != 1 {
		t.Fatal(err)
	}
	if CheckAll([]string{"1"}) != nil || errors.Join(nil, nil) != nil {
		t.Fatal("nothing wrong is nil")
	}
	both := fmt.Errorf("two: %w and %w", io.EOF, fs.ErrClosed)
	if !errors.Is(both, io.EOF) || !errors.Is(both, fs.ErrClosed) {
		t.Fatal("several %w since Go 1.20")
	}
}

func TestATypedNilIsNotNil(t *testing.T) {
	if CheckTyped("fine") == nil {
		t.Fatal("a nil pointer in an interface is not nil")
	}
	if Check("fine") != nil || Check("") == nil {
		t.Fatal("a literal nil is")
	}
}

func TestRecoverWorksOnlyInTheDeferredFunctionItself(t *testing.T) {
	if err := Safely(func() { panic("boom") }); err == nil || err.Error() != "panic: boom" {
		t.Fatal(err)
	}
	if err := Safely(func() { RecoverTooDeep(func() { panic("deep") }) }); err == nil || err.Error() != "panic: deep" {
		t.Fatal("recover one call too deep catches nothing", err)
	}
	var nilPanic *runtime.PanicNilError
	if err := Safely(func() {
		defer func() { panic(recover()) }()
		panic(nil)
	}); err == nil || !strings.Contains(err.Error(), "panic called with nil argument") {
		t.Fatal(err, nilPanic)
	}
	if err := Safely(func() { _ = MustPort("x") }); err == nil {
		t.Fatal("Must panics")
	}
}

func TestACauseReplacesDeadlineExceededInText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := Stop(t.Context())
		if err.Error() != "load prices: price service took over 1 s" || errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func TestAShadowedErrorIsLost(t *testing.T) {
	if err := Shadowed(missing); err != nil {
		t.Fatal("the outer err stays nil")
	}
	if Total([]string{"12x", "1"}) != 1 {
		t.Fatal("the wrong text counts as nothing")
	}
}

func TestALoopMayEndBecauseOfAnError(t *testing.T) {
	if _, err := Sum(&Rows{rows: []int{1, 2}, err: io.ErrUnexpectedEOF}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if sum, err := Sum(&Rows{rows: []int{1, 2}}); sum != 3 || err != nil {
		t.Fatal(sum, err)
	}
}

func TestAStickyErrorIsReportedOnce(t *testing.T) {
	var w Writer
	for range 5 {
		w.Add("abc", 7)
	}
	if !errors.Is(w.Err(), errTooLong) || string(w.out) != "abcabc" {
		t.Fatal(w.Err(), string(w.out))
	}
}

func TestKinds(t *testing.T) {
	for want, err := range map[string]error{"fine": nil, "missing": fmt.Errorf("x: %w", ErrNotFound), "too slow": os.ErrDeadlineExceeded, "broken": io.EOF} {
		if got := Kinds(err); got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
}

func TestEqualTextsAreNotEqualErrors(t *testing.T) {
	if SameErrors([]error{errors.New("x")}, []error{errors.New("x")}) {
		t.Fatal("each errors.New is its own value")
	}
}
