// Package shadow hides a package behind a parameter.
package shadow

import "net/url"

// region: shadow
// Host shows the mistake: the parameter hides the package.
func Host(url string) (string, error) {
	parsed, err := url.Parse(url)
	if err != nil {
		return "", err
	}
	return parsed.Host, nil
}

// endregion: shadow

var _ = url.Parse
