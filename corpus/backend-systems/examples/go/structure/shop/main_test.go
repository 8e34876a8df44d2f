package main

import (
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	var out strings.Builder
	run(&out)
	const want = `{"article":"tea","quantity":2} -> 201 {"id":"o-1","article":"tea","quantity":2}
{"article":"tea","quantity":9} -> 409 Conflict
{"article":"tea","quantity":0} -> 422 Unprocessable Entity
tea left: 3
`
	if out.String() != want {
		t.Error(out.String())
	}
}
