package xpath

import (
	"errors"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Scope is the place of expressions that share variables: a rule. Its variables
// are computed on first use, for the node of the rule.
type Scope struct {
	c *Compiler
	s scope
	f *frameSize
}

// Rule begins the scope of a rule with this context.
func (c *Compiler) Rule(context *Pattern) *Scope {
	f := &frameSize{}
	return &Scope{c, scope{item: anyNode, frame: f, root: context.rootOnly() && !c.plain}, f}
}

// Let declares a variable that later expressions of the scope see. A variable
// whose expression is wrong fails those that use it.
func (s *Scope) Let(name, src string, ns Namespaces) error {
	x, err := s.compile(src, ns)
	if err == nil {
		x.prepare()
	} else {
		bad := err
		x = &code{kinds: anyItem, many: true, deps: noDeps()}
		x.item = true
		x.seq = func(*Run) { panic(asError(bad)) }
	}
	s.s = s.c.bind(s.s, &local{name: name, kinds: x.kinds, many: x.many, some: x.some, code: x, ofRule: true})
	return err
}

func (s *Scope) compile(src string, ns Namespaces) (*code, error) {
	outer := s.c.ns
	s.c.ns = ns
	defer func() { s.c.ns = outer }()
	return s.c.compileSource(src, s.s)
}

// Test is an expression of which the effective boolean value is taken.
type Test struct{ truth func(*Run) bool }

// Test compiles the test of an assert or report.
func (s *Scope) Test(src string, ns Namespaces) (t *Test, err error) {
	x, err := s.compile(src, ns)
	if err != nil {
		return nil, err
	}
	err = asStatic(safely(func() { t = &Test{s.c.remember(x).asTruth()} }))
	return t, err
}

// Text is an expression of which the text is taken, for messages.
type Text struct{ fill func(*Run) }

// Text compiles a value-of.
func (s *Scope) Text(src string, ns Namespaces) (*Text, error) {
	x, err := s.compile(src, ns)
	if err != nil {
		return nil, err
	}
	return &Text{x.asAtoms()}, nil
}

// Start begins a run on a document, which must have been parsed with the table of
// names of the Program, or brought up to date with Sync. open opens other
// documents by the URI an expression gives; nil refuses all.
func (p *Program) Start(r *Run, d *xmltree.Document, open func(string) (*xmltree.Document, error)) error {
	if !d.Knows(p.names, p.required) {
		return errors.New("xpath: the document was not parsed with the names of the rule set")
	}
	if r.prog != p {
		*r = Run{prog: p, named: make([][]nameVerdict, p.named), tables: make([]indexTable, p.tables)}
	}
	r.main, r.open = d, open
	r.nodes, r.items = r.nodes[:0], r.items[:0]
	r.base, r.top, r.depth = 0, 0, 0
	r.globals = resize(r.globals, p.globals)
	r.memo = resize(r.memo, p.memo)
	if cap(r.truths) < p.truths {
		r.truths = make([]uint8, p.truths)
	}
	r.truths = r.truths[:p.truths]
	clear(r.truths)
	r.keys = nil
	r.clearTables()
	r.survey(p.names.Len())
	r.focusNode(d, 0)
	return nil
}

// resize gives n unset slots, keeping the memory of their node lists.
func resize(s []slot, n int) []slot {
	if cap(s) < n {
		return make([]slot, n)
	}
	s = s[:n]
	for i := range s {
		if s[i].state != slotUnset {
			s[i] = slot{nodes: s[i].nodes[:0]}
		}
	}
	return s
}

// clearTables empties the indexes that were built.
func (r *Run) clearTables() {
	for i := range r.tables {
		if t := &r.tables[i]; t.state != 0 {
			clear(t.nodes)
			t.state, t.doc = 0, nil
		}
	}
}

// Close drops what the run holds of the document. The Run may be started again.
func (r *Run) Close() {
	r.globals = resize(r.globals, len(r.globals))
	r.memo = resize(r.memo, len(r.memo))
	r.clearTables()
	clear(r.vars)
	clear(r.items[:cap(r.items)])
	r.keys, r.doc, r.main, r.atom, r.open = nil, nil, nil, nil, nil
}

// Enter makes n the node of the rule and forgets its variables.
func (r *Run) Enter(s *Scope, n xmltree.Node) {
	r.base, r.top, r.depth = 0, 0, 0
	r.frame(s.f.n)
	r.current = n
	r.focusNode(r.main, n)
}

// Guard runs f and returns the error that an expression raised in it, if any.
// After an error the run can go on with Enter or Matches.
func (r *Run) Guard(f func()) (err *Error) {
	m, saved, cur := r.mark(), r.focus(), r.current
	defer func() {
		if e := recover(); e != nil {
			err = asError(e)
			r.rewind(m)
			r.restore(saved)
			r.current = cur
		}
	}()
	f()
	return nil
}

// Tests evaluates tests in order, from the first on, until one gives stop. It
// returns the index reached. An error is raised: call it inside Guard; at then
// tells which test raised it.
func (r *Run) Tests(tests []Check, at *int) {
	for ; *at < len(tests); *at++ {
		if t := &tests[*at]; t.Test != nil && t.Test.truth(r) == t.Stop {
			return
		}
	}
}

// Check is a test with the value at which evaluation stops: false for an assert,
// true for a report. A nil Test is passed over.
type Check struct {
	Test *Test
	Stop bool
}

// Text evaluates a text; several items are joined with blanks.
func (r *Run) Text(t *Text) (s string, err *Error) {
	m, f := r.mark(), r.focus()
	defer func() {
		if e := recover(); e != nil {
			err = asError(e)
			r.rewind(m)
			r.restore(f)
		}
	}()
	t.fill(r)
	for i, it := range r.items[m.items:] {
		if i > 0 {
			s += " "
		}
		s += it.text()
	}
	r.items = r.items[:m.items]
	return s, nil
}
