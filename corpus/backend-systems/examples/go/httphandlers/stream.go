package httphandlers

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

// Events streams server-sent events until the client leaves.
func Events(ticks <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		// region: sse
		rc := http.NewResponseController(w)
		for {
			select {
			case <-r.Context().Done():
				return
			case event := <-ticks:
				_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
				fmt.Fprintf(w, "data: %s\n\n", event)
				_ = rc.Flush()
			}
		}
		// endregion: sse
	}
}

// Upload streams one file of a multipart form to disk.
func Upload(directory string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// region: multipart-stream
		r.Body = http.MaxBytesReader(w, r.Body, 200<<20)
		form, err := r.MultipartReader()
		if err != nil {
			http.Error(w, "multipart form expected", http.StatusBadRequest)
			return
		}
		part, err := form.NextPart()
		if err != nil {
			http.Error(w, "no file in the form", DecodeStatus(err))
			return
		}
		// endregion: multipart-stream
		file, err := os.CreateTemp(directory, "upload-*")
		if err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		defer file.Close()
		if _, err := io.Copy(file, part); err != nil {
			http.Error(w, "upload failed", DecodeStatus(err))
			return
		}
		w.WriteHeader(http.StatusCreated)
	}
}

// Proxy forwards requests to one upstream.
func Proxy(upstream *url.URL) http.Handler {
	// region: reverse-proxy
	return &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(upstream)
			pr.SetXForwarded()
		},
	}
	// endregion: reverse-proxy
}

// Static serves files from a folder that requests cannot leave.
func Static(folder string) (http.Handler, error) {
	// region: static-files
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	files := http.FileServerFS(root.FS())
	return http.StripPrefix("/static/", files), nil
	// endregion: static-files
}

// Protected refuses unsafe requests that come from another site.
func Protected(next http.Handler) (http.Handler, error) {
	// region: cross-origin
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin("https://shop.example"); err != nil {
		return nil, err
	}
	return protection.Handler(next), nil
	// endregion: cross-origin
}
