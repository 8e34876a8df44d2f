package httphandlers

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
)

// WriteJSON encodes first, so that a failure can still become a 500.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	// region: write-json
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(value); err != nil {
		slog.Error("encode response", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
	// endregion: write-json
}

// StatusTooLate shows the mistake: the body has sent 200 before the status is set.
func StatusTooLate(w http.ResponseWriter, _ *http.Request) {
	// region: status-too-late
	_ = json.NewEncoder(w).Encode(map[string]string{"title": "no such order"})
	w.WriteHeader(http.StatusNotFound)
	// endregion: status-too-late
}

// MissingReturn shows the mistake: http.Error does not end the handler.
func MissingReturn(w http.ResponseWriter, r *http.Request) {
	// region: missing-return
	if r.Header.Get("Authorization") == "" {
		http.Error(w, "log in first", http.StatusUnauthorized)
	}
	_, _ = w.Write([]byte("secret report"))
	// endregion: missing-return
}
