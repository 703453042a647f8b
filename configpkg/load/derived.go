package load

import (
	"io/fs"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Derived are the files of a package that is made of another one: an overlay
// over its base.
type Derived interface {
	fs.FS
	// Digest covers what was written for it and the digest of the base.
	Digest() string
	// Base names the package it is made of.
	Base() engine.Base
	// Nodes returns the documents of a file that was changed, each node with
	// the place where it was written; nil for a file that was not.
	Nodes(file string) []*yml.Node
}

// Check judges a map by one of the shapes, without looking at what formulas
// and values in it say.
func Check(shape string, n *yml.Node) diag.List {
	l := newLoader(nil, nil, nil)
	l.object(n, shape)
	return l.problems
}
