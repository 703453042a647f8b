package xpath

import (
	"regexp"
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Run is the evaluation of the expressions of one Program on one document. It
// is not safe for concurrent use; take one from Program.Start for each document
// and give it back with Close.
type Run struct {
	prog *Program
	main *xmltree.Document // the document under test
	open func(uri string) (*xmltree.Document, error)

	// focus: doc and node, or atom if the context item is atomic
	doc  *xmltree.Document
	node xmltree.Node
	atom *Item
	pos  int
	size int

	current   xmltree.Node // node of the rule, what current() returns
	nodes     []xmltree.Node
	items     []Item
	vars      []slot
	base      int // frame of the running rule or function in vars
	top       int
	depth     int
	globals   []slot
	memo      []slot
	truths    []uint8
	tables    []indexTable
	named     [][]nameVerdict // of predicates on names; valid for all documents
	parents   []uint64        // elements that have element children, a bit each
	present   []uint64        // names that occur in main, a bit each
	classes   []class
	classOf   []int32 // class of each element, -1 for other nodes
	byClass   []xmltree.Node
	nameClass []int32 // by name: its first class, -1 for none
	keys      map[string]keyTable
	regexes   map[string]*regexp.Regexp
}

// maxCalls bounds the recursion of functions.
const maxCalls = 2000

const (
	slotUnset uint8 = iota
	slotBusy
	slotOne
	slotItems
	slotNodes
	slotError
)

// slot holds a variable or a remembered value.
type slot struct {
	state uint8
	doc   *xmltree.Document
	one   Item
	items []Item
	nodes []xmltree.Node
	err   *Error
}

// mark is a point to which the stacks of a run are put back after an error.
type mark struct{ nodes, items, base, top, depth int }

func (r *Run) mark() mark { return mark{len(r.nodes), len(r.items), r.base, r.top, r.depth} }

func (r *Run) rewind(m mark) {
	r.nodes, r.items = r.nodes[:m.nodes], r.items[:m.items]
	r.base, r.top, r.depth = m.base, m.top, m.depth
}

// focus is a saved context item.
type focus struct {
	doc       *xmltree.Document
	node      xmltree.Node
	atom      *Item
	pos, size int
}

func (r *Run) focus() focus { return focus{r.doc, r.node, r.atom, r.pos, r.size} }

func (r *Run) restore(f focus) {
	r.doc, r.node, r.atom, r.pos, r.size = f.doc, f.node, f.atom, f.pos, f.size
}

func (r *Run) focusNode(d *xmltree.Document, n xmltree.Node) {
	r.doc, r.node, r.atom, r.pos, r.size = d, n, nil, 1, 1
}

// contextNode returns the context item, which must be a node.
func (r *Run) contextNode() xmltree.Node {
	if r.node == xmltree.None {
		if r.atom == nil {
			raise("XPDY0002", "there is no context item")
		}
		raise("XPTY0020", "the context item of a step is no node")
	}
	return r.node
}

// pushItem pushes the items of a slot.
func (r *Run) pushSlot(s *slot) {
	switch s.state {
	case slotOne:
		r.items = append(r.items, s.one)
	case slotItems:
		r.items = append(r.items, s.items...)
	case slotNodes:
		for _, n := range s.nodes {
			r.items = append(r.items, nodeItem(s.doc, n))
		}
	}
}

// storeItems fills a slot with the items above m and drops them from the stack.
func (r *Run) storeItems(s *slot, m int) {
	if len(r.items)-m == 1 {
		s.state, s.one = slotOne, r.items[m]
	} else {
		s.state, s.items = slotItems, slices.Clone(r.items[m:])
	}
	r.items = r.items[:m]
}

// evaluate computes c into a slot value. Evaluation errors are kept in it.
func (r *Run) evaluate(c *code) (s slot) {
	m, f := r.mark(), r.focus()
	defer func() {
		if e := recover(); e != nil {
			s = slot{state: slotError, err: asError(e)}
			r.rewind(m)
			r.restore(f)
		}
	}()
	if c.nodesOnly() {
		fill := c.asNodes()
		s.doc = fill(r)
		s.nodes = slices.Clone(r.nodes[m.nodes:])
		r.nodes = r.nodes[:m.nodes]
		s.state = slotNodes
		return s
	}
	c.asSeq()(r)
	r.storeItems(&s, m.items)
	return s
}

func asError(e any) *Error {
	bad, ok := e.(*Error)
	if !ok {
		panic(e)
	}
	return bad
}

// frame makes room for n variables on top and returns its base.
func (r *Run) frame(n int) int {
	base := r.top
	r.top += n
	for len(r.vars) < r.top {
		r.vars = append(r.vars, slot{})
	}
	for i := base; i < r.top; i++ {
		r.vars[i].state = slotUnset
	}
	return base
}

// global returns the value of a global variable, evaluated on first use.
func (r *Run) global(g *global) *slot {
	s := &r.globals[g.index]
	switch s.state {
	case slotUnset:
		s.state = slotBusy
		f, base, top := r.focus(), r.base, r.top
		r.base = r.frame(g.frame)
		r.focusNode(r.main, 0)
		v := r.evaluate(g.code)
		r.restore(f)
		r.base, r.top = base, top
		*s = v
	case slotBusy:
		raise("XTDE0640", "variable $%s depends on itself", g.name)
	}
	if s.state == slotError {
		panic(s.err)
	}
	return s
}

// local returns the value of a lazy variable of the current frame.
func (r *Run) local(l *local) *slot {
	at := r.base + l.index
	switch r.vars[at].state {
	case slotUnset:
		if l.code == nil {
			raise("XPDY0002", "variable $%s has no value", l.name)
		}
		r.vars[at].state = slotBusy
		f := r.focus()
		if l.ofRule {
			r.focusNode(r.main, r.current)
		} else {
			r.node, r.atom = xmltree.None, nil
		}
		v := r.evaluate(l.code)
		r.restore(f)
		r.vars[at] = v
	case slotBusy:
		raise("XTDE0640", "variable $%s depends on itself", l.name)
	}
	s := &r.vars[at]
	if s.state == slotError {
		panic(s.err)
	}
	return s
}

// wideSize is the number of nodes inside an element from which its children are
// found by class instead of one after the other.
const wideSize = 200

// childrenNamed returns the children of a wide element; ok is false for others.
func (r *Run) childrenNamed(n xmltree.Node, id xmltree.NameID) ([]xmltree.Node, bool) {
	if r.doc != r.main || r.main.End(n)-n < wideSize {
		return nil, false
	}
	k := r.classOf[n]
	if k < 0 {
		return nil, false
	}
	for c := r.classes[k].child; c >= 0; c = r.classes[c].next {
		if r.classes[c].name == id {
			return r.within(n, r.nodesOf(c)), true
		}
	}
	return nil, true
}
