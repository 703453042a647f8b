package nodes

import (
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// ListOf writes a text from the values of another document in a fixed order,
// such as the original string that is sealed.
type ListOf struct {
	Of        *formula.Value // the document: a tree or bytes; nil in a list that others use
	Start     string         // at the beginning
	Before    string         // before each value
	End       string         // at the end
	Normalize bool           // no white space at the ends, one blank inside
	Missing   Missing
	Parts     []*ListPart
	Pos       diag.Pos
}

// Missing says what becomes of a value that is not there and not optional.
type Missing string

// What may become of a missing value.
const (
	MissingFails Missing = "fail"  // a problem; also the zero Missing
	MissingEmpty Missing = "empty" // an empty value
	MissingSkips Missing = "skip"  // nothing is written
)

// ListPart writes the values of one node, or of each node of a path.
type ListPart struct {
	At     *treepath.Path // the node, or with Each all nodes; nil: where the part around it is
	Each   bool
	Put    []ListField
	Parts  []*ListPart
	Choose map[string]*ListPart // by local name of the element; others are left out
	Use    *ListOf              // the parts of another list
	Pos    diag.Pos
}

// ListField is a value: the text of the one node its path leads to. One that
// is present and empty is written as an empty value.
type ListField struct {
	Path     *treepath.Path
	Optional bool
}

const maxListDepth = 64

// list writes a mapping of format list.
func (w *writer) list() {
	l := w.m.List
	if l.Of == nil {
		w.fault(l.Pos, RuleValue, "a list without \"of\" is only for others to use")
		return
	}
	v := w.eval(l.Of, w.top)
	var tree formula.Node
	switch v := v.(type) {
	case formula.Node:
		tree = v
	case []byte:
		var err error
		if tree, err = w.top.Host().Parse(v, ""); err != nil {
			w.fail(l.Of.Pos(), err)
			return
		}
	default:
		if len(w.problems) == 0 {
			w.fault(l.Of.Pos(), RuleValue, "a list is made of a document, not of a %s", formula.KindOf(v))
		}
		return
	}
	w.out = append(w.out, l.Start...)
	w.listParts(l, l.Parts, tree, 0)
	w.out = append(w.out, l.End...)
}

func (w *writer) listParts(l *ListOf, parts []*ListPart, at formula.Node, depth int) {
	for _, p := range parts {
		w.listPart(l, p, at, depth)
	}
}

func (w *writer) listPart(l *ListOf, p *ListPart, at formula.Node, depth int) {
	if depth > maxListDepth {
		w.fault(p.Pos, RuleValue, "lists use each other in more than %d levels", maxListDepth)
		return
	}
	found := []formula.Node{at}
	if p.At != nil {
		found = at.Follow(p.At)
	}
	if !p.Each && len(found) != 1 {
		if len(found) == 0 && l.Missing != "" && l.Missing != MissingFails {
			return
		}
		w.fault(p.Pos, RuleMissing, "%s leads to %d places, not to one", p.At, len(found))
		return
	}
	for _, n := range found {
		if w.full() || len(w.problems) >= maxProblems {
			return
		}
		w.listNode(l, p, n, depth)
	}
}

func (w *writer) listNode(l *ListOf, p *ListPart, n formula.Node, depth int) {
	if p.Choose != nil {
		if p = p.Choose[localName(n)]; p != nil {
			w.listPart(l, p, n, depth+1)
		}
		return
	}
	if len(p.Put) > 0 || p.Use != nil {
		w.top.Note(p.Pos, formula.Written)
	}
	for _, f := range p.Put {
		w.listField(l, p, f, n)
	}
	w.listParts(l, p.Parts, n, depth+1)
	if p.Use != nil {
		w.listParts(l, p.Use.Parts, n, depth+1)
	}
}

// localName returns the name of an element, "" for other nodes.
func localName(n formula.Node) string {
	d, at, ok := formula.AsXML(n)
	if !ok || d.Kind(at) != xmltree.ElementNode {
		return ""
	}
	return d.Local(at)
}

func (w *writer) listField(l *ListOf, p *ListPart, f ListField, n formula.Node) {
	found := n.Follow(f.Path)
	switch {
	case len(found) > 1:
		w.fault(p.Pos, RuleMissing, "%s leads to %d values, not to one", f.Path, len(found)).Hint = "give it a part with each"
		return
	case len(found) == 0 && (f.Optional || l.Missing == MissingSkips):
		return
	case len(found) == 0 && l.Missing != MissingEmpty:
		w.fault(p.Pos, RuleMissing, "%s is missing%s", f.Path, where(n)).Hint = `write "` + f.Path.String() + `?" if it may be missing`
		return
	}
	text := ""
	if len(found) == 1 {
		text = found[0].Text()
	}
	if l.Normalize {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
	}
	if t := w.m.Text; t != nil {
		var err error
		if text, err = t.Apply(text); err != nil {
			w.fail(p.Pos, err)
			return
		}
	}
	w.out = append(append(w.out, l.Before...), text...)
}

// where names the place of a node for messages.
func where(n formula.Node) string {
	d, at, ok := formula.AsXML(n)
	if !ok {
		return ""
	}
	if path := XMLPath(d, at); path != "" {
		return " at " + path
	}
	return ""
}
