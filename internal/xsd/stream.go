package xsd

import (
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// ValidateStream judges a document while it is read, without building its tree:
// memory is the open elements, and what the scope of an identity constraint
// holds. The problems are those of Validate, but paths have no positions. A
// document that is not well-formed is an error.
func (s *Schema) ValidateStream(src []byte, o xmltree.Options) (diag.List, error) {
	o.Names = s.names
	v := s.runs.Get().(*run)
	defer v.release()
	v.pushed = true
	if err := xmltree.Stream(src, o, (*pusher)(v)); err != nil {
		return nil, err
	}
	v.probs.Sort()
	return v.probs, nil
}

// pusher is a run that is told of elements by the parser.
type pusher run

func (p *pusher) Start(d *xmltree.Document, n xmltree.Node) error {
	v := (*run)(p)
	v.doc = d
	before := len(v.stack)
	if before > 0 {
		v.child(&v.stack[before-1], n)
	} else if decl := v.s.elements.get(d.Name(n)); decl != none {
		v.element(n, decl)
	} else {
		v.problem(n, RuleRoot, "the schema does not declare element %s", d.NameOf(d.Name(n))).Hint = hintRoot(v.s, d.Local(n))
	}
	if len(v.stack) == before { // nothing inside is judged
		v.stack = append(v.stack, frame{n: n, skip: true, mixed: true, decl: none, machine: none, counters: len(v.counters)})
	}
	return nil
}

func (p *pusher) Text(d *xmltree.Document, n xmltree.Node) bool {
	v := (*run)(p)
	f := &v.stack[len(v.stack)-1]
	switch {
	case f.skip:
		return v.tracking > 0
	case f.null:
		v.notNil(f)
	case f.simple > 0:
		return true
	case f.mixed:
		return v.tracking > 0 || f.decl != none && v.s.m.Elements[f.decl].Flags&flagFixed != 0
	case !f.wordy && !d.IsWhite(n):
		f.wordy = true
		v.problem(n, RuleText, "text %s inside element %s, which may only hold elements", short(d.Value(n)), d.QName(f.n))
	}
	return v.tracking > 0
}

func (p *pusher) End(d *xmltree.Document, n xmltree.Node) bool {
	v := (*run)(p)
	f := &v.stack[len(v.stack)-1]
	keep := v.tracking > 0
	if f.simple > 0 && !f.failed && !f.null {
		v.text(n, f.decl, f.simple-1)
	}
	if !f.skip {
		v.close(f)
	}
	if len(v.stack) == 1 {
		v.references()
	}
	v.counters = v.counters[:f.counters]
	v.stack = v.stack[:len(v.stack)-1]
	// Inside the scope of a constraint everything stays until that scope ends.
	return keep && v.tracking > 0 || v.fixedOutside()
}

// fixedOutside reports whether the parent has a fixed value and mixed content:
// then that it holds an element must be seen at its end.
func (v *run) fixedOutside() bool {
	if len(v.stack) == 0 {
		return false
	}
	f := &v.stack[len(v.stack)-1]
	return f.mixed && f.decl != none && v.s.m.Elements[f.decl].Flags&flagFixed != 0
}
