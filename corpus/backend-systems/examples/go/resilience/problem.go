package resilience

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// region: problem
type Problem struct {
	Type     string       `json:"type"`               // stable, names the kind: clients switch on it
	Title    string       `json:"title"`              // constant for the type
	Status   int          `json:"status"`             // as in the status line
	Detail   string       `json:"detail,omitempty"`   // this occurrence, for a person
	Instance string       `json:"instance,omitempty"` // names this occurrence
	TraceID  string       `json:"trace_id,omitempty"` // extension: finds the log lines
	Errors   []FieldError `json:"errors,omitempty"`   // extension: one entry per invalid field
}

// endregion: problem

// region: field-error
// FieldError says what is wrong with one field of the request body.
type FieldError struct {
	Pointer string `json:"pointer"` // JSON Pointer, such as /lines/0/quantity
	Detail  string `json:"detail"`  // such as "has to be at least 1"
}

// endregion: field-error

// region: write-problem
func WriteProblem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// endregion: write-problem

// region: hide-internals
// Internal logs the cause and sends a sentence that says nothing of it; the trace id connects both.
func Internal(w http.ResponseWriter, r *http.Request, traceID string, cause error) {
	slog.ErrorContext(r.Context(), "request failed", "trace_id", traceID, "path", r.Pattern, "error", cause)
	WriteProblem(w, Problem{
		Type: "https://errors.example.com/internal", Title: "Internal error", Status: http.StatusInternalServerError,
		Detail: "The request could not be completed. Quote the trace id to support.", TraceID: traceID,
	})
}

// endregion: hide-internals

// ItemResult is the outcome of one item of a batch.
type ItemResult struct {
	ID     string   `json:"id"`
	Status int      `json:"status"`
	Error  *Problem `json:"error,omitempty"`
}

// region: batch
// WriteBatch answers 207 with one status per item; the whole request fails only when nothing of it was read.
func WriteBatch(w http.ResponseWriter, results []ItemResult) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusMultiStatus)
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

// endregion: batch
