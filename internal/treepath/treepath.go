// Package treepath finds nodes in a tree by path: one small language for XML,
// JSON and CSV, a subset of XPath.
//
//	a/b  //a  /a/b  @a  .  ..  *  p:a  a[1]  a[last()]  a[b='x']  a[@c="x"][2]
//
// A name without prefix matches in any namespace, one with prefix only in the
// namespace the prefix is given. Begin with Compile; keep what it returns, it
// is read-only. XML finds nodes of an xmltree.Document, Find those of any Tree.
//
// It promises: nodes come in document order, each once; a position counts among
// the children of one parent, as in XPath. A path in a predicate is walked for each
// candidate: one with "//" there costs the square of the tree.
package treepath

import (
	"fmt"
	"iter"
)

// Path is a compiled path.
type Path struct {
	text     string
	absolute bool
	steps    []step
}

// String returns the path as written.
func (p *Path) String() string { return p.text }

type axis uint8

const (
	child axis = iota
	attribute
	self
	parent
)

// step is one step; deep means that it was written after "//".
type step struct {
	axis  axis
	deep  bool
	any   bool // "*"
	bound bool // the name has a prefix: space must be equal
	space string
	local string
	preds []predicate
}

// predicate is [n], [last()] or [path = 'text'].
type predicate struct {
	position int // from 1; -1 for last()
	path     *Path
	text     string
}

// Error tells where a path is wrong.
type Error struct {
	Path    string
	Offset  int // in bytes
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("path %q, character %d: %s", e.Path, len([]rune(e.Path[:e.Offset]))+1, e.Message)
}

// Tree is what Find walks. Children yields elements or members only, not text.
type Tree[N comparable] interface {
	Parent(n N) (N, bool)
	Children(n N) iter.Seq[N]
	Attributes(n N) iter.Seq[N]
	Name(n N) (space, local string)
	Text(n N) string
}
