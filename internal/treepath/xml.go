package treepath

import (
	"iter"
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// XML returns the nodes that p leads to from a node of doc, in document order.
// A path from the document node begins with the name of the outermost element.
func (p *Path) XML(doc *xmltree.Document, from xmltree.Node) []xmltree.Node {
	x := xmlTree{doc}
	if s := p.indexed(); s != nil && (p.absolute || from == 0) {
		return x.named(s)
	}
	w := walker[xmltree.Node]{t: x}
	set := w.path(p, from)
	if w.mixed {
		slices.Sort(set)
	}
	return set
}

// indexed returns the only step of a path //name without predicates.
func (p *Path) indexed() *step {
	if len(p.steps) != 1 {
		return nil
	}
	if s := &p.steps[0]; s.deep && s.axis == child && !s.any && len(s.preds) == 0 {
		return s
	}
	return nil
}

// xmlTree walks the elements of a document.
type xmlTree struct{ doc *xmltree.Document }

// named finds all elements with the name of s by the index of the document.
func (x xmlTree) named(s *step) []xmltree.Node {
	var out []xmltree.Node
	if s.bound {
		return slices.Clone(x.doc.ByName(x.doc.Lookup(s.space, s.local)))
	}
	for id := range x.doc.NamesOf(s.local) {
		out = append(out, x.doc.ByName(id)...)
	}
	slices.Sort(out)
	return out
}

func (x xmlTree) Parent(n xmltree.Node) (xmltree.Node, bool) {
	up := x.doc.Parent(n)
	return up, up != xmltree.None
}

func (x xmlTree) Children(n xmltree.Node) iter.Seq[xmltree.Node] {
	if x.doc.Kind(n) > xmltree.ElementNode {
		return func(func(xmltree.Node) bool) {}
	}
	return x.doc.Elements(n)
}

func (x xmlTree) Attributes(n xmltree.Node) iter.Seq[xmltree.Node] {
	return func(yield func(xmltree.Node) bool) {
		for a, end := x.doc.Attributes(n); a < end; a++ {
			if !yield(a) {
				return
			}
		}
	}
}

func (x xmlTree) Name(n xmltree.Node) (space, local string) {
	name := x.doc.NameOf(x.doc.Name(n))
	return name.Space, name.Local
}

func (x xmlTree) Text(n xmltree.Node) string { return x.doc.Text(n) }
