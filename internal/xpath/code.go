package xpath

import (
	"math"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// kinds is a set of item kinds an expression may give.
type kinds uint32

const (
	anyNode    = kinds(1 << NodeItem)
	anyText    = kinds(1<<Untyped | 1<<String | 1<<AnyURI)
	anyNumber  = kinds(1<<Integer | 1<<Decimal | 1<<Float | 1<<Double)
	exactOnly  = kinds(1<<Integer | 1<<Decimal)
	anyAtomic  = kinds(1<<(QName+1)-1) &^ 3
	anyItem    = anyAtomic | anyNode
	freeLocals = math.MaxInt
)

// only reports whether every possible kind is in m.
func (k kinds) only(m kinds) bool { return k&^m == 0 }

// atomized is the set after taking typed values.
func (k kinds) atomized() kinds {
	if k&anyNode != 0 {
		return k&^anyNode | 1<<Untyped | 1<<String
	}
	return k
}

// deps says what of its surroundings an expression reads.
type deps struct {
	item, position, last, current bool
	impure                        bool // may not be computed ahead: opens documents, reads a key
	local                         int  // least id of a variable bound outside, freeLocals if none
}

func noDeps() deps { return deps{local: freeLocals} }

func (d deps) with(e deps) deps {
	return deps{d.item || e.item, d.position || e.position, d.last || e.last, d.current || e.current, d.impure || e.impure, min(d.local, e.local)}
}

// ofDocument reports whether the value is the same everywhere in one document.
func (d deps) ofDocument() bool {
	return !d.item && !d.position && !d.last && !d.current && d.local == freeLocals
}

// code is a compiled expression. Any one evaluator is enough; the others are
// derived from it when a surrounding expression asks for them, so that each
// expression runs in the cheapest form its surroundings can use.
type code struct {
	kinds kinds
	many  bool // may have more than one item
	some  bool // has at least one item
	deps
	konst     bool   // value is in val
	val       []Item // constant value
	key       string // the same text means the same expression; "" if unknown
	memoize   func(mode byte) int
	src       *code     // what a remembered expression computes
	path      *pathCode // for tests on the last step
	each      *code     // for E1/E2 with atomic E2: E2, one item for each node of eachOf
	eachOf    *code
	staged    func() bool // for paths cut into stages: whether tail is the better way
	tail      *code
	cmpValues func(*Run) // for "E = constants" on texts: pushes the values of E
	cmpConst  []Item
	nodes     func(*Run) *xmltree.Document
	exists    func(*Run) bool
	truth     func(*Run) bool
	str       func(*Run) (string, bool) // typed value as text, false if empty
	one       func(*Run) (Item, bool)   // typed value
	number    func(*Run) int            // always one xs:integer
	seq       func(*Run)
}

func (c *code) nodesOnly() bool { return c.kinds == anyNode && !c.konst }

func constant(items ...Item) *code {
	c := &code{deps: noDeps(), konst: true, val: items, many: len(items) > 1, some: len(items) > 0}
	for _, it := range items {
		c.kinds |= 1 << it.Kind
	}
	return c
}

// asNodes pushes the nodes in document order and returns their document.
func (c *code) asNodes() func(*Run) *xmltree.Document {
	if c.nodes != nil {
		return c.nodes
	}
	if c.src != nil {
		c.nodes = c.rememberNodes()
		return c.nodes
	}
	fill := c.asSeq()
	c.nodes = func(r *Run) *xmltree.Document {
		m := len(r.items)
		fill(r)
		doc := r.doc
		for i, it := range r.items[m:] {
			if it.Kind != NodeItem {
				raise("XPTY0019", "%s where nodes are needed", it.Kind)
			}
			if i > 0 && it.Doc != doc {
				raise(codeUnsupported, "nodes of several documents in one step")
			}
			doc = it.Doc
			r.nodes = append(r.nodes, it.Node)
		}
		r.items = r.items[:m]
		return doc
	}
	return c.nodes
}

// asExists reports whether there is an item.
func (c *code) asExists() func(*Run) bool {
	switch {
	case c.exists != nil:
	case c.konst:
		have := len(c.val) > 0
		c.exists = func(*Run) bool { return have }
	case c.src != nil && c.nodes == nil && c.seq == nil && c.one == nil:
		c.exists = c.rememberBool('e', func(s *code) func(*Run) bool { return s.asExists() })
	case c.nodesOnly():
		fill := c.asNodes()
		c.exists = func(r *Run) bool {
			m := len(r.nodes)
			fill(r)
			have := len(r.nodes) > m
			r.nodes = r.nodes[:m]
			return have
		}
	default:
		fill := c.asSeq()
		c.exists = func(r *Run) bool {
			m := len(r.items)
			fill(r)
			have := len(r.items) > m
			r.items = r.items[:m]
			return have
		}
	}
	return c.exists
}

// asTruth gives the effective boolean value.
func (c *code) asTruth() func(*Run) bool {
	switch {
	case c.truth != nil:
	case c.konst:
		var have bool
		if err := safely(func() { have = truth(c.val) }); err != nil {
			c.truth = func(*Run) bool { panic(err) }
		} else {
			c.truth = func(*Run) bool { return have }
		}
	case c.src != nil:
		c.truth = c.rememberBool('b', func(s *code) func(*Run) bool { return s.asTruth() })
	case c.nodesOnly():
		c.truth = c.asExists()
	case !c.many && c.kinds.only(anyText) && c.str != nil:
		str := c.str
		c.truth = func(r *Run) bool { s, _ := str(r); return s != "" }
	case !c.many && c.kinds&anyNode == 0 && c.one != nil:
		one := c.one
		c.truth = func(r *Run) bool { it, ok := one(r); return ok && it.truth() }
	default:
		fill := c.asSeq()
		c.truth = func(r *Run) bool {
			m := len(r.items)
			fill(r)
			have := truth(r.items[m:])
			r.items = r.items[:m]
			return have
		}
	}
	return c.truth
}

// asStr gives the typed value as text; more than one item is an error.
func (c *code) asStr() func(*Run) (string, bool) {
	switch {
	case c.str != nil:
	case c.src != nil:
		one := c.asOne()
		c.str = func(r *Run) (string, bool) { it, ok := one(r); return it.text(), ok }
	case c.path != nil && c.staged == nil && c.path.direct():
		p := c.path
		c.str = func(r *Run) (string, bool) {
			n := p.theOne(r)
			if n == xmltree.None {
				return "", false
			}
			return r.doc.Text(n), true
		}
	case c.nodesOnly():
		fill := c.asNodes()
		c.str = func(r *Run) (string, bool) {
			m := len(r.nodes)
			d := fill(r)
			n := len(r.nodes) - m
			if n == 0 {
				return "", false
			}
			if n > 1 {
				raise("XPTY0004", "a sequence of %d nodes where one is taken", n)
			}
			node := r.nodes[m]
			r.nodes = r.nodes[:m]
			return d.Text(node), true
		}
	default:
		one := c.asOne()
		c.str = func(r *Run) (string, bool) {
			it, ok := one(r)
			if !ok {
				return "", false
			}
			return it.text(), true
		}
	}
	return c.str
}

// asOne gives the typed value; more than one item is an error.
func (c *code) asOne() func(*Run) (Item, bool) {
	switch {
	case c.one != nil:
	case c.konst:
		val := c.val
		if len(val) == 1 {
			it := val[0]
			c.one = func(*Run) (Item, bool) { return it, true }
		} else {
			c.one = func(*Run) (Item, bool) { return single(val, "the expression") }
		}
	case c.src != nil:
		c.one = c.rememberOne()
	case c.path != nil && c.staged == nil && c.path.direct():
		p := c.path
		c.one = func(r *Run) (Item, bool) {
			n := p.theOne(r)
			if n == xmltree.None {
				return Item{}, false
			}
			return untypedItem(r.doc.Text(n)), true
		}
	case c.nodesOnly():
		fill := c.asNodes()
		c.one = func(r *Run) (Item, bool) {
			m := len(r.nodes)
			d := fill(r)
			n := len(r.nodes) - m
			if n == 0 {
				return Item{}, false
			}
			if n > 1 {
				raise("XPTY0004", "a sequence of %d nodes where one is taken", n)
			}
			node := r.nodes[m]
			r.nodes = r.nodes[:m]
			return atomize(nodeItem(d, node)), true
		}
	case c.kinds == 1<<Boolean && c.truth != nil && c.some:
		truth := c.truth
		c.one = func(r *Run) (Item, bool) { return boolItem(truth(r)), true }
	case c.kinds == 1<<String && c.str != nil:
		str := c.str
		c.one = func(r *Run) (Item, bool) {
			s, ok := str(r)
			return stringItem(s), ok
		}
	default:
		fill := c.asSeq()
		c.one = func(r *Run) (Item, bool) {
			m := len(r.items)
			fill(r)
			it, ok := single(r.items[m:], "the expression")
			r.items = r.items[:m]
			if ok {
				it = atomize(it)
			}
			return it, ok
		}
	}
	return c.one
}

// asSeq pushes all items.
func (c *code) asSeq() func(*Run) {
	switch {
	case c.seq != nil:
	case c.konst:
		val := c.val
		c.seq = func(r *Run) { r.items = append(r.items, val...) }
	case c.src != nil:
		c.seq = c.rememberSeq()
	case c.nodes != nil:
		fill := c.nodes
		c.seq = func(r *Run) {
			m := len(r.nodes)
			d := fill(r)
			for _, n := range r.nodes[m:] {
				r.items = append(r.items, nodeItem(d, n))
			}
			r.nodes = r.nodes[:m]
		}
	case c.one != nil || c.truth != nil || c.str != nil:
		one := c.asOne()
		c.seq = func(r *Run) {
			if it, ok := one(r); ok {
				r.items = append(r.items, it)
			}
		}
	default:
		panic("xpath: an expression without evaluator")
	}
	return c.seq
}

// asAtoms pushes the typed values of all items.
func (c *code) asAtoms() func(*Run) {
	fill := c.asSeq()
	if c.kinds&anyNode == 0 {
		return fill
	}
	return func(r *Run) {
		m := len(r.items)
		fill(r)
		for i := m; i < len(r.items); i++ {
			r.items[i] = atomize(r.items[i])
		}
	}
}

// safely runs f and returns the error it raised.
func safely(f func()) (err *Error) {
	defer func() {
		if e := recover(); e != nil {
			err = asError(e)
		}
	}()
	f()
	return nil
}
