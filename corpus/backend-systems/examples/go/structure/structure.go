// Package structure holds the code that the methodology go-project-structure shows; its tests ask the go command about small modules in testdata.
package structure
