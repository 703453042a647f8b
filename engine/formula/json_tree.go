package formula

import (
	"bytes"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// Find finds by a path.
func (n *jsonNode) Find(path string) ([]Node, error) { return find(n, path) }

// Follow finds by a compiled path.
func (n *jsonNode) Follow(p *treepath.Path) []Node {
	found := treepath.Find(p, jsonTree{}, n)
	out := make([]Node, len(found))
	for i, m := range found {
		out[i] = m
	}
	return out
}

// jsonTree is how paths see JSON: members are elements without namespace.
type jsonTree struct{}

func (jsonTree) Parent(n *jsonNode) (*jsonNode, bool) { return n.parent, n.parent != nil }

func (jsonTree) Children(n *jsonNode) iter.Seq[*jsonNode] { return slices.Values(n.children) }

func (jsonTree) Attributes(*jsonNode) iter.Seq[*jsonNode] { return func(func(*jsonNode) bool) {} }

func (jsonTree) Name(n *jsonNode) (space, local string) { return "", n.name }

func (jsonTree) Text(n *jsonNode) string { return n.Text() }

// NameOf returns the local name of a node: of an element or attribute, of a
// member of an object; "*" for a member of another array.
func NameOf(n Node) string {
	switch n := n.(type) {
	case *jsonNode:
		return n.name
	case xmlNode:
		return n.doc.Local(n.n)
	}
	return ""
}

// PosOf returns the line and column where a node begins in what it was read
// from; the zero place if that is not known.
func PosOf(n Node) diag.Pos {
	switch n := n.(type) {
	case xmlNode:
		return n.doc.Pos(n.n)
	case *jsonNode:
		root := n
		for root.parent != nil {
			root = root.parent
		}
		if n == root {
			return diag.Pos{Line: 1, Column: 1}
		}
		// A node's source is cut from that of the root: what is left behind it
		// says where it begins.
		before := root.source[:max(0, cap(root.source)-cap(n.source))]
		line := bytes.Count(before, []byte("\n"))
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
		return diag.Pos{Line: line + 1, Column: column + 1}
	}
	return diag.Pos{}
}
