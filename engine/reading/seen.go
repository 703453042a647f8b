package reading

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// seen keeps which nodes were read.
type seen struct {
	doc   *xmltree.Document
	xml   []bool
	other map[formula.Node]bool
}

func newSeen(s *Source) *seen {
	if doc, _, ok := formula.AsXML(s.top); ok {
		return &seen{doc: doc, xml: make([]bool, doc.Len())}
	}
	return &seen{other: map[formula.Node]bool{}}
}

func (s *seen) mark(n formula.Node) {
	n = bare(n)
	if s.doc == nil {
		s.other[n] = true
	} else if doc, at, ok := formula.AsXML(n); ok && doc == s.doc {
		s.xml[at] = true
	}
}

// spy is a node whose reader is noted.
type spy struct {
	formula.Node
	seen *seen
}

func bare(n formula.Node) formula.Node {
	if s, ok := n.(spy); ok {
		return s.Node
	}
	return n
}

// Find finds by a path.
func (s spy) Find(path string) ([]formula.Node, error) {
	found, err := s.Node.Find(path)
	return s.all(found), err
}

// Follow finds by a compiled path.
func (s spy) Follow(p *treepath.Path) []formula.Node { return s.all(s.Node.Follow(p)) }

func (s spy) all(found []formula.Node) []formula.Node {
	for i, n := range found {
		found[i] = spy{n, s.seen}
	}
	return found
}

// Text returns the text, which now is read.
func (s spy) Text() string {
	s.seen.mark(s.Node)
	return s.Node.Text()
}

// Source returns the bytes, which now are read.
func (s spy) Source() []byte {
	s.seen.mark(s.Node)
	return s.Node.Source()
}

// maxUnread bounds how many places that were not read are told.
const maxUnread = 50

var children, _ = treepath.Compile("*", nil)

// unread tells what was neither read nor ignored, as warnings.
func (w *walker) unread() diag.List {
	for _, p := range w.r.Ignore {
		for _, start := range w.s.start {
			for _, n := range start.Follow(p) {
				w.seen.mark(n)
			}
		}
	}
	var list diag.List
	add := func(pos diag.Pos, path string) {
		if len(list) < maxUnread {
			pos.File = w.file
			list.Add(diag.Problem{Pos: pos, Rule: RuleUnread, Severity: diag.Warning, Path: path, Message: "not read: " + path})
		}
	}
	if w.seen.doc != nil {
		w.unreadXML(add)
		return list
	}
	for _, n := range w.s.start {
		w.unreadNode(n, "", add)
	}
	return list
}

// schemaInstance is the namespace of attributes that only help validators.
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

func (w *walker) unreadXML(add func(diag.Pos, string)) {
	d := w.seen.doc
	for n := d.Root(); int(n) < d.Len(); n++ {
		switch d.Kind(n) {
		case xmltree.ElementNode:
			if w.seen.xml[n] && !onlyText(d, n) {
				n = d.End(n) - 1 // read as a whole
			} else if !w.seen.xml[n] && onlyText(d, n) && hasText(d, n) {
				add(d.Pos(n), d.Path(n))
			}
		case xmltree.AttributeNode:
			if !w.seen.xml[n] && d.Space(n) != schemaInstance {
				add(d.Pos(n), d.Path(n))
			}
		}
	}
}

// onlyText reports whether an element has no element inside.
func onlyText(d *xmltree.Document, n xmltree.Node) bool {
	for range d.Elements(n) {
		return false
	}
	return true
}

func hasText(d *xmltree.Document, n xmltree.Node) bool {
	return slices.ContainsFunc([]byte(d.Text(n)), func(b byte) bool { return b != ' ' && b != '\t' && b != '\n' && b != '\r' })
}

func (w *walker) unreadNode(n formula.Node, path string, add func(diag.Pos, string)) {
	if w.seen.other[n] {
		return
	}
	inside := n.Follow(children)
	if len(inside) == 0 {
		if n.Text() != "" && path != "" {
			add(w.s.place("", n), path)
		}
		return
	}
	for _, c := range inside {
		w.unreadNode(c, path+"/"+nameOf(c), add)
	}
}

func nameOf(n formula.Node) string {
	if c, ok := n.(*cell); ok {
		return c.name
	}
	return formula.NameOf(n)
}
