package xpath

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// nodeTest is a compiled node test.
type nodeTest struct {
	kind     testKind
	id       xmltree.NameID   // exact name, 0 for a wildcard
	ids      []xmltree.NameID // several exact names
	anySpace bool             // *:local or *
	anyLocal bool             // p:* or *
	space    string
	local    string
}

// pred is a compiled predicate: one of truth, number or item is used.
type pred struct {
	truth  func(*Run) bool
	number int                     // [n], counted from 1
	last   bool                    // [last()]
	item   func(*Run) (Item, bool) // [E] where E may be a number
	seq    func(*Run)              // [E] where nothing is known of E
	places bool                    // reads position() or last()
}

// plain predicates need no position.
func (p *pred) plain() bool { return p.truth != nil && !p.places }

type step struct {
	axis  axis
	test  nodeTest
	preds []pred
	plain bool // no predicate needs a position
}

// pathCode is a sequence of axis steps from a start.
type pathCode struct {
	start    func(*Run) *xmltree.Document // nil: the context node, or the root if absolute
	absolute bool
	steps    []step
	plain    bool             // all steps are plain
	need     []xmltree.NameID // names without which the result is empty
	pure     int              // steps from the start that classes answer
}

// pathOf compiles a path: runs of axis steps, and primary expressions between them.
func (c *Compiler) pathOf(e *pathExpr, s scope) *code {
	if e = joinUnions(e, s); s.root && !e.absolute && e.steps[0].prim == nil {
		// relative to the outermost element: the same as from the root
		first := stepExpr{axis: axisChild, test: testExpr{kind: testName, name: "*"}, ends: []int{e.from}}
		e = &pathExpr{absolute: true, steps: append([]stepExpr{first}, e.steps...), key: "/ * / " + e.key, toks: e.toks, from: e.from, prefix: "/ * / "}
	}
	var cur *code
	steps := e.steps
	first := steps[0]
	begin := 0
	switch {
	case e.absolute:
	case first.prim != nil:
		if _, dot := first.prim.(*dotExpr); dot && len(first.preds) == 0 && s.item == anyNode && len(steps) > 1 {
			begin = 1
			break
		}
		cur = c.filtered(c.compile(first.prim, s), first, s)
		begin = 1
	case s.item == 0:
		raise("XPDY0002", "there is no context item for a path")
	}
	for i := begin; i < len(steps); {
		if steps[i].prim != nil {
			if cur == nil {
				cur = c.startOf(e.absolute, s)
			}
			cur = c.mapped(cur, steps[i], s, i == len(steps)-1)
			i++
			continue
		}
		n := i
		for n < len(steps) && steps[n].prim == nil {
			n++
		}
		cur = c.axisSteps(e, cur, i, n, s)
		i = n
	}
	if cur.src == nil && !cur.konst {
		cur.key = safeKey(e.key, s)
	}
	return cur
}

func (c *Compiler) startOf(absolute bool, s scope) *code {
	if absolute {
		return c.root(s)
	}
	return c.dot(s)
}

// outside is what a predicate reads apart from the item it filters.
func outside(d deps) deps {
	d.item, d.position, d.last = false, false, false
	return d
}

// many reports whether a step may give several nodes for one.
func many(s step, before bool) bool {
	switch s.axis {
	case axisSelf, axisParent:
		return before
	case axisAttribute:
		if s.test.id != 0 {
			return before
		}
	}
	for _, p := range s.preds {
		if p.number > 0 || p.last {
			return before
		}
	}
	return true
}

// finish joins "//" with the step after it and makes the code of a path.
func (c *Compiler) finish(p *pathCode, isMany bool, d deps) *code {
	p.steps = joinDescendants(p.steps)
	p.plain = true
	p.pure = purePrefix(p.steps)
	for _, s := range p.steps {
		p.plain = p.plain && s.plain
		if id := s.test.id; id > 0 && s.test.kind == testName && s.axis != axisNamespace {
			p.need = append(p.need, id)
		}
	}
	x := &code{kinds: anyNode, many: isMany, deps: d, path: p}
	x.nodes = p.fill()
	x.exists = p.anyWhere(nil)
	return x
}

// joinDescendants turns descendant-or-self::node()/child::x into descendant::x,
// which is the same unless a predicate counts.
func joinDescendants(steps []step) []step {
	out := make([]step, 0, len(steps))
	for i := 0; i < len(steps); i++ {
		s := steps[i]
		if i+1 < len(steps) && s.axis == axisDescendantOrSelf && s.test.kind == testNode && len(s.preds) == 0 {
			if next := steps[i+1]; next.axis == axisChild && next.plain {
				next.axis = axisDescendant
				out = append(out, next)
				i++
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

func (c *Compiler) nodeTest(t testExpr, a axis) nodeTest {
	n := nodeTest{kind: t.kind, local: t.name}
	if t.kind == testInstruction || t.kind != testName && t.name == "" {
		return n
	}
	n.kind = testName
	if t.kind == testAttribute && a != axisAttribute || t.kind == testElement && a == axisAttribute {
		n.kind = testDocument // can't match
	}
	switch {
	case len(t.more) > 0:
		for _, name := range append([]string{t.name}, t.more...) {
			n.ids = append(n.ids, c.names.Intern(c.name(name)))
		}
	case t.name == "*":
		n.anySpace, n.anyLocal = true, true
	case t.name[0] == '*':
		n.anySpace, n.local = true, t.name[2:]
	case t.name[len(t.name)-1] == '*':
		n.anyLocal, n.space = true, c.namespace(t.name[:len(t.name)-2])
	default:
		n.space, n.local = c.name(t.name)
		n.id = c.names.Intern(n.space, n.local)
	}
	return n
}

func kindMatches(k xmltree.Kind, t testKind) bool {
	switch t {
	case testNode:
		return true
	case testText:
		return k == xmltree.TextNode
	case testComment:
		return k == xmltree.CommentNode
	case testInstruction:
		return k == xmltree.InstructionNode
	case testDocument:
		return k == xmltree.DocumentNode
	case testElement:
		return k == xmltree.ElementNode
	case testAttribute:
		return k == xmltree.AttributeNode
	}
	return false
}

// matches tests a node on an axis.
func (t *nodeTest) matches(d *xmltree.Document, n xmltree.Node, a axis) bool {
	if t.kind != testName {
		return kindMatches(d.Kind(n), t.kind) && (t.kind != testInstruction || t.local == "" || d.Local(n) == t.local)
	}
	principal := xmltree.ElementNode
	if a == axisAttribute {
		principal = xmltree.AttributeNode
	}
	if t.id != 0 {
		return d.Name(n) == t.id && d.Kind(n) == principal
	}
	if d.Kind(n) != principal {
		return false
	}
	if t.ids != nil {
		return slices.Contains(t.ids, d.Name(n))
	}
	return (t.anySpace || d.Space(n) == t.space) && (t.anyLocal || d.Local(n) == t.local)
}

// joinUnions turns steps such as (a | b) into one step with several names.
func joinUnions(e *pathExpr, s scope) *pathExpr {
	var out *pathExpr
	for i, st := range e.steps {
		test, ok := unionTest(st.prim)
		if !ok || i == 0 && s.item&anyNode == 0 {
			continue
		}
		if out == nil {
			out = &pathExpr{}
			*out = *e
			out.steps = slices.Clone(e.steps)
		}
		out.steps[i].prim, out.steps[i].axis, out.steps[i].test = nil, axisChild, test
	}
	if out == nil {
		return e
	}
	return out
}

// unionTest reads a union of exact child names.
func unionTest(e expr) (testExpr, bool) {
	u, ok := e.(*setExpr)
	if !ok || u.op != "union" {
		return testExpr{}, false
	}
	var all testExpr
	for i, part := range unionParts(u) {
		p, ok := part.(*pathExpr)
		if !ok || p.absolute || len(p.steps) != 1 {
			return all, false
		}
		st := p.steps[0]
		if st.prim != nil || st.axis != axisChild || st.test.kind != testName || len(st.preds) > 0 || strings.Contains(st.test.name, "*") {
			return all, false
		}
		if i == 0 {
			all = st.test
		} else {
			all.more = append(all.more, st.test.name)
		}
	}
	return all, true
}
