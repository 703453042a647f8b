package xpath

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Rule sets ask the same questions again and again: //TaxCategory[scheme = 'VAT']
// for each category of tax. A path from the root is therefore cut into stages at
// its predicates. A stage that several expressions share is computed once for a
// document; predicates that compare with constants look the value up in an index.

// stage is the nodes of a path from the root up to some place in it.
type stage struct {
	code  *code
	users int // expressions that contain it
	slot  int
}

// index finds the nodes of a stage by the values of an expression.
type index struct {
	users int
	slot  int
}

type indexTable struct {
	state uint8 // 0 not built, 1 ready, 2 an expression raised an error: not usable
	nodes map[string][]xmltree.Node
	doc   *xmltree.Document
}

// stager cuts a path into stages.
type stager struct {
	c     *Compiler
	e     *pathExpr
	s     scope
	start *code  // the last stage
	rest  []step // steps since then
	used  []*stage
	many  bool
}

// staged compiles the steps of a path that has one value in the document. direct
// is the same path compiled as a whole, for the case that nothing is shared.
func (c *Compiler) staged(e *pathExpr, steps []step, preds [][]*code, direct *code, s scope) *code {
	g := &stager{c: c, e: e, s: s}
	for i, st := range steps {
		g.many = many(st, g.many)
		if len(st.preds) > 0 && (!st.plain || !g.cut(st, e.steps[i], preds[i])) {
			return direct
		}
		if len(st.preds) == 0 {
			g.rest = append(g.rest, st)
		}
	}
	if g.start == nil {
		return direct
	}
	tail := g.start
	if len(g.rest) > 0 {
		tail = c.finish(&pathCode{start: g.start.asNodes(), steps: g.rest}, g.many, noDeps())
	}
	return either(direct, tail, g.used)
}

// cut ends a stage before each predicate of a step, and one after the last.
func (g *stager) cut(st step, ast stepExpr, preds []*code) bool {
	bare := st
	bare.preds = nil
	g.rest = append(g.rest, bare)
	for j := 0; j <= len(st.preds); j++ {
		key := safeKey(text(g.e.toks, g.e.from, ast.ends[j]), g.s)
		if key == "" {
			return false
		}
		key = g.e.prefix + key
		x := g.c.stages[key]
		if x == nil {
			x = &stage{slot: g.c.memo}
			g.c.memo++
			g.c.stages[key] = x
			if j == 0 {
				x.code = g.c.stageOf(g.start, g.rest, g.many)
			} else {
				x.code = g.c.filterStage(g.start, ast.preds[j-1], preds[j-1], st.preds[j-1], key)
			}
			g.c.shareStage(x)
		}
		x.users++
		g.used = append(g.used, x)
		g.start, g.rest = x.code, nil
	}
	return true
}

// either runs a path by its stages if one of them is shared, else as a whole. How
// many users a stage has is known only when the rule set is complete.
func either(direct, tail *code, used []*stage) *code {
	x := &code{kinds: anyNode, many: direct.many, deps: direct.deps, path: direct.path, tail: tail}
	x.staged = func() bool { return anyShared(used) }
	a, b := direct.asNodes(), tail.asNodes()
	x.nodes = func(r *Run) *xmltree.Document {
		if x.staged() {
			return b(r)
		}
		return a(r)
	}
	ea, eb := direct.asExists(), tail.asExists()
	x.exists = func(r *Run) bool {
		if x.staged() {
			return eb(r)
		}
		return ea(r)
	}
	return x
}

func anyShared(used []*stage) bool {
	for _, g := range used {
		if g.users > 1 {
			return true
		}
	}
	return false
}

func (c *Compiler) stageOf(prev *code, steps []step, isMany bool) *code {
	p := &pathCode{absolute: prev == nil, steps: steps}
	if prev != nil {
		p.start = prev.asNodes()
	}
	return c.finish(p, isMany, noDeps())
}

// shareStage makes the nodes of a stage remembered once it has several users.
func (c *Compiler) shareStage(g *stage) {
	compute := g.code.asNodes()
	g.code = &code{kinds: anyNode, many: g.code.many, deps: noDeps(), nodes: func(r *Run) *xmltree.Document {
		if g.users < 2 || r.doc != r.main {
			return compute(r)
		}
		s := &r.memo[g.slot]
		if s.state != slotNodes {
			m := len(r.nodes)
			d := compute(r)
			s = &r.memo[g.slot]
			s.state, s.doc, s.nodes = slotNodes, d, append(s.nodes[:0], r.nodes[m:]...)
			return d
		}
		r.nodes = append(r.nodes, s.nodes...)
		return s.doc
	}}
}

// filterStage applies one plain predicate to a stage, by an index if it compares with constants.
func (c *Compiler) filterStage(prev *code, ast expr, px *code, p pred, key string) *code {
	fill, preds := prev.asNodes(), []pred{p}
	x := &code{kinds: anyNode, many: prev.many, deps: noDeps()}
	scan := func(r *Run) *xmltree.Document {
		m := len(r.nodes)
		d := fill(r)
		if len(r.nodes) > m {
			r.filterNodes(d, m, preds)
		}
		return d
	}
	x.nodes = scan
	e, ok := ast.(*compareExpr)
	if !ok || !e.general || e.op != opEq || px.cmpValues == nil {
		return x
	}
	left, ok := strings.CutSuffix(key, e.rightKey())
	if !ok {
		return x
	}
	ix := c.indexes[left]
	if ix == nil {
		ix = &index{slot: c.tables}
		c.tables++
		c.indexes[left] = ix
	}
	ix.users++
	want, values := px.cmpConst, px.cmpValues
	x.nodes = func(r *Run) *xmltree.Document {
		if ix.users < 2 || r.doc != r.main {
			return scan(r)
		}
		t := &r.tables[ix.slot]
		if t.state == 0 {
			r.buildIndex(t, fill, values)
		}
		if t.state == 2 {
			return scan(r)
		}
		m := len(r.nodes)
		for _, w := range want {
			r.nodes = append(r.nodes, t.nodes[w.Str]...)
		}
		if len(want) > 1 {
			r.sortNodes(m)
		}
		return t.doc
	}
	return x
}

// buildIndex notes for each node of a stage the texts an expression has there.
func (r *Run) buildIndex(t *indexTable, fill func(*Run) *xmltree.Document, values func(*Run)) {
	m, f := r.mark(), r.focus()
	t.state = 1
	if t.nodes == nil {
		t.nodes = map[string][]xmltree.Node{}
	}
	err := safely(func() {
		t.doc = fill(r)
		n := len(r.nodes)
		for i := m.nodes; i < n; i++ {
			node := r.nodes[i]
			r.focusNode(t.doc, node)
			at := len(r.items)
			values(r)
			for _, it := range r.items[at:] {
				if list := t.nodes[it.Str]; len(list) == 0 || list[len(list)-1] != node {
					t.nodes[it.Str] = append(list, node)
				}
			}
			r.items = r.items[:at]
		}
	})
	if err != nil {
		t.state = 2
	}
	r.rewind(m)
	r.restore(f)
}
