// Package layout holds the repositories that the methodology go-standard-layout shows; its tests ask the go command about the modules in testdata.
package layout
