package caching

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// region: http-etag
func writeUser(w http.ResponseWriter, r *http.Request, u User) {
	body, err := encodeUser(u)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-cache") // store, but ask each time
	w.Header().Set("ETag", fmt.Sprintf(`"user-%d-%d"`, u.ID, u.Version))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body)) // 304 on a match
}

// endregion: http-etag

// region: http-leak
// publicProfile lets a CDN give one user's answer, cookie included, to the next user.
func publicProfile(w http.ResponseWriter, _ *http.Request, u User) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "abc", HttpOnly: true, Secure: true})
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = fmt.Fprintf(w, `{"name":%q}`, u.Name)
}

// endregion: http-leak
