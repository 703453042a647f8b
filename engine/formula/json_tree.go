package formula

import (
	"iter"
	"slices"

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
