// Package inline still calls the old place.
package inline

import "example.com/inline/util"

// Price is 12.50.
func Price() string { return util.Format(1250) }

// Free costs nothing.
var Free util.Cents
