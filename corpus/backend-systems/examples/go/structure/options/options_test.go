package options_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"gnomon.example/examples/structure/options"
)

func TestDefaults(t *testing.T) {
	if got := options.New("x", options.Config{}).Timeout(); got != 5*time.Second {
		t.Error(got)
	}
	if got := options.New("x", options.Config{Timeout: time.Second}).Timeout(); got != time.Second {
		t.Error(got)
	}
}

func TestFormats(t *testing.T) {
	var out bytes.Buffer
	formats := options.Formats{"text": func(w io.Writer) error { _, err := io.WriteString(w, "hi"); return err }}
	if err := formats.Write("text", &out); err != nil || out.String() != "hi" {
		t.Error(err, out.String())
	}
	if formats.Write("pdf", &out) == nil {
		t.Error("an unknown format is written")
	}
}
