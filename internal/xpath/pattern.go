package xpath

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Pattern is a compiled match pattern (XSLT 2.0, 5.5): the context of a rule.
type Pattern struct {
	alts  []*alternative
	frame int
}

// alternative is one path of a pattern, read from its last step to its first.
type alternative struct {
	steps    []patternStep
	absolute bool // the first step stands right below the document
	document bool // the pattern "/"
	set      func(*Run) *xmltree.Document
	bare     bool // has no predicates
	deep     bool // "//" stands between steps
}

type patternStep struct {
	test  nodeTest
	attr  bool
	preds []pred
	named []*named // predicates that read nothing but the name
	plain bool
	deep  bool // joined to the step before by "//"
}

// Trigger says which nodes a pattern can match: a name, or a kind of node.
type Trigger struct {
	Name xmltree.NameID // 0 for any name
	Kind xmltree.Kind
	All  bool // nodes of any kind
}

// Pattern compiles a match pattern.
func (c *Compiler) Pattern(src string, ns Namespaces) (*Pattern, error) {
	e, err := parse(src)
	if err != nil {
		return nil, err
	}
	outer := c.ns
	c.ns = ns
	defer func() { c.ns = outer }()
	p := &Pattern{}
	f := &frameSize{}
	s := scope{item: anyNode, frame: f}
	bad := safely(func() {
		for _, one := range unionParts(e) {
			paths, ok := expandPattern(one)
			if !ok {
				p.alts = append(p.alts, c.patternSet(one, s))
				continue
			}
			for _, path := range paths {
				p.alts = append(p.alts, c.alternative(path, s))
			}
		}
	})
	if bad != nil {
		return nil, bad
	}
	p.frame = f.n
	return p, nil
}

func unionParts(e expr) []expr {
	if s, ok := e.(*setExpr); ok && s.op == "union" {
		return append(unionParts(s.l), unionParts(s.r)...)
	}
	return []expr{e}
}

// flatPath is a path of axis steps only.
type flatPath struct {
	absolute bool
	document bool
	steps    []stepExpr
}

// expandPattern turns (A|B)[p]/C into A[p]/C and B[p]/C. ok is false for what is no
// pattern in that sense; it is then evaluated as an expression.
func expandPattern(e expr) ([]flatPath, bool) {
	switch e := e.(type) {
	case *rootExpr:
		return []flatPath{{absolute: true, document: true}}, true
	case *setExpr:
		if e.op != "union" {
			return nil, false
		}
		l, ok1 := expandPattern(e.l)
		r, ok2 := expandPattern(e.r)
		return append(l, r...), ok1 && ok2
	case *pathExpr:
		list := []flatPath{{absolute: e.absolute}}
		for i, st := range e.steps {
			if st.prim == nil {
				if !patternAxis(st, i, len(e.steps)) {
					return nil, false
				}
				for j := range list {
					list[j].steps = append(list[j].steps[:len(list[j].steps):len(list[j].steps)], st)
				}
				continue
			}
			inner, ok := expandPattern(st.prim)
			if !ok || len(list)*len(inner) > 500 {
				return nil, false
			}
			var next []flatPath
			for _, head := range list {
				for _, tail := range inner {
					if tail.document || tail.absolute && (i > 0 || e.absolute) {
						return nil, false
					}
					joined := flatPath{absolute: head.absolute || tail.absolute}
					joined.steps = append(append([]stepExpr(nil), head.steps...), tail.steps...)
					last := &joined.steps[len(joined.steps)-1]
					last.preds = append(append([]expr(nil), last.preds...), st.preds...)
					next = append(next, joined)
				}
			}
			list = next
		}
		return list, true
	}
	return nil, false
}

func patternAxis(st stepExpr, i, n int) bool {
	switch st.axis {
	case axisChild, axisAttribute:
		return true
	case axisDescendantOrSelf: // "//"
		return st.test.kind == testNode && len(st.preds) == 0 && i < n-1
	}
	return false
}

func (c *Compiler) alternative(path flatPath, s scope) *alternative {
	a := &alternative{absolute: path.absolute, document: path.document}
	deep := false
	for i, st := range path.steps {
		if st.axis == axisDescendantOrSelf {
			if i == 0 {
				a.absolute = false
			}
			deep = true
			continue
		}
		ps := patternStep{test: c.nodeTest(st.test, st.axis), attr: st.axis == axisAttribute, plain: true, deep: deep && len(a.steps) > 0}
		deep = false
		for _, pe := range conjuncts(st.preds) {
			x := c.compile(pe, s.within(anyNode))
			p := c.predicate(x)
			if p.plain() && namesOnly(pe) && len(ps.preds) == 0 && !c.plain {
				ps.named = append(ps.named, &named{test: p.truth, at: c.named})
				c.named++
				continue
			}
			ps.plain = ps.plain && p.plain()
			ps.preds = append(ps.preds, p)
		}
		a.steps = append(a.steps, ps)
	}
	a.bare = true
	for _, ps := range a.steps {
		a.bare = a.bare && len(ps.preds)+len(ps.named) == 0
		a.deep = a.deep || ps.deep
	}
	return a
}

// patternSet evaluates a pattern as an expression from the root, once a document.
func (c *Compiler) patternSet(e expr, s scope) *alternative {
	path := &pathExpr{absolute: true, steps: []stepExpr{anyDescendant(), {prim: e, ends: []int{0}}}}
	path.steps[0].ends = []int{0}
	x := c.compile(path, s)
	return &alternative{set: c.remember(x).asNodes()}
}

// Triggers returns what nodes the pattern can match.
func (p *Pattern) Triggers() []Trigger {
	var out []Trigger
	for _, a := range p.alts {
		switch {
		case a.set != nil:
			out = append(out, Trigger{All: true})
		case a.document:
			out = append(out, Trigger{Kind: xmltree.DocumentNode})
		default:
			out = append(out, a.steps[len(a.steps)-1].trigger())
		}
	}
	return out
}

func (s *patternStep) trigger() Trigger {
	switch {
	case s.test.kind == testName && s.attr:
		return Trigger{Name: s.test.id, Kind: xmltree.AttributeNode}
	case s.test.kind == testName:
		return Trigger{Name: s.test.id, Kind: xmltree.ElementNode}
	case s.test.kind == testText:
		return Trigger{Kind: xmltree.TextNode}
	case s.test.kind == testComment:
		return Trigger{Kind: xmltree.CommentNode}
	case s.test.kind == testInstruction:
		return Trigger{Kind: xmltree.InstructionNode}
	case s.test.kind == testElement:
		return Trigger{Kind: xmltree.ElementNode}
	case s.test.kind == testAttribute:
		return Trigger{Kind: xmltree.AttributeNode}
	}
	return Trigger{All: true}
}

// Matches reports whether the pattern matches node n of the document under test.
// An error inside a predicate is raised: call it inside Guard.
func (r *Run) Matches(p *Pattern, n xmltree.Node) bool {
	for _, a := range p.alts {
		switch a.quick(r.main, n) {
		case yes:
			return true
		case perhaps:
			f, cur := r.focus(), r.current
			found := p.matches(r, n)
			r.restore(f)
			r.current = cur
			return found
		}
	}
	return false
}

type answer uint8

const (
	no answer = iota
	perhaps
	yes
)

// quick decides by names alone where no predicate has a say.
func (a *alternative) quick(d *xmltree.Document, n xmltree.Node) answer {
	switch {
	case a.document:
		if n == 0 {
			return yes
		}
		return no
	case a.set != nil:
		return perhaps
	case !a.shape(d, n, len(a.steps)-1):
		return no
	case a.bare && !a.deep:
		return yes
	}
	return perhaps
}

func (p *Pattern) matches(r *Run, n xmltree.Node) bool {
	base, top := r.base, r.top
	if p.frame > 0 {
		r.base = r.frame(p.frame)
	}
	r.doc, r.current = r.main, n
	found := false
	for _, a := range p.alts {
		if a.matches(r, n) {
			found = true
			break
		}
	}
	r.base, r.top = base, top
	return found
}

func (a *alternative) matches(r *Run, n xmltree.Node) bool {
	switch {
	case a.document:
		return n == 0
	case a.set != nil:
		m := len(r.nodes)
		r.focusNode(r.main, 0)
		a.set(r)
		found := containsNode(r.nodes[m:], n)
		r.nodes = r.nodes[:m]
		return found
	}
	return a.shape(r.main, n, len(a.steps)-1) && a.step(r, n, len(a.steps)-1)
}

// shape tests names upwards as far as they are joined by "/", before any predicate.
func (a *alternative) shape(d *xmltree.Document, n xmltree.Node, i int) bool {
	for ; ; i-- {
		s := &a.steps[i]
		ax := axisChild
		if s.attr {
			ax = axisAttribute
		}
		if n == xmltree.None || !s.test.matches(d, n, ax) || s.test.kind == testNode && (n == 0 || d.Kind(n) == xmltree.AttributeNode) {
			return false
		}
		n = d.Parent(n)
		if i == 0 {
			return !a.absolute || n == 0
		}
		if s.deep {
			return true
		}
	}
}

// step tests predicates from step i upwards.
func (a *alternative) step(r *Run, n xmltree.Node, i int) bool {
	s := &a.steps[i]
	if i > 0 {
		up := r.main.Parent(n)
		if !s.deep {
			if !a.step(r, up, i-1) {
				return false
			}
		} else {
			for ; up != xmltree.None; up = r.main.Parent(up) {
				if a.shape(r.main, up, i-1) && a.step(r, up, i-1) {
					break
				}
			}
			if up == xmltree.None {
				return false
			}
		}
	}
	for _, t := range s.named {
		if !t.holds(r, n) {
			return false
		}
	}
	if len(s.preds) == 0 {
		return true
	}
	if !s.plain {
		return s.counted(r, n)
	}
	for j := range s.preds {
		r.focusNode(r.main, n)
		if !s.preds[j].truth(r) {
			return false
		}
	}
	return true
}

// counted applies predicates that need a position among the siblings.
func (s *patternStep) counted(r *Run, n xmltree.Node) bool {
	st := step{axis: axisChild, test: s.test, preds: s.preds}
	if s.attr {
		st.axis = axisAttribute
	}
	up := r.main.Parent(n)
	if up == xmltree.None {
		return false
	}
	m := len(r.nodes)
	st.push(r, r.main, up)
	found := containsNode(r.nodes[m:], n)
	r.nodes = r.nodes[:m]
	return found
}

// conjuncts takes [a and b] apart as [a][b], which is the same for truth values.
func conjuncts(preds []expr) []expr {
	var out []expr
	for _, p := range preds {
		if l, ok := p.(*logicExpr); ok && !l.or {
			out = append(out, conjuncts(l.parts)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// named is a test of a name, remembered for each name of a document.
type named struct {
	test func(*Run) bool
	at   int
}

type nameVerdict struct {
	prefix string // name() includes it
	state  uint8  // 1 no, 2 yes
}

func (t *named) holds(r *Run, n xmltree.Node) bool {
	id := r.main.Name(n)
	if id <= 0 {
		r.focusNode(r.main, n)
		return t.test(r)
	}
	list := r.named[t.at]
	if int(id) >= len(list) {
		list = append(list, make([]nameVerdict, int(id)+1-len(list))...)
		r.named[t.at] = list
	}
	v := &list[id]
	if prefix := r.main.Prefix(n); v.state == 0 || v.prefix != prefix {
		r.focusNode(r.main, n)
		*v = nameVerdict{strings.Clone(prefix), 1}
		if t.test(r) {
			v.state = 2
		}
	}
	return v.state == 2
}

// nameFunctions are functions of nothing but their arguments, and the names of the context item.
var nameFunctions = map[string]bool{"name": true, "local-name": true, "namespace-uri": true, "ends-with": true, "starts-with": true,
	"contains": true, "concat": true, "not": true, "true": true, "false": true, "upper-case": true, "lower-case": true,
	"substring": true, "substring-before": true, "substring-after": true, "string-length": true}

// namesOnly reports whether an expression reads nothing but the name of the context
// item, so that its value is the same in all documents.
func namesOnly(e expr) bool {
	switch e := e.(type) {
	case *literalExpr:
		return true
	case *callExpr:
		if !nameFunctions[e.name] || len(e.args) > 0 && (e.name == "name" || e.name == "local-name" || e.name == "namespace-uri") ||
			len(e.args) == 0 && e.name == "string-length" {
			return false
		}
	case *logicExpr, *compareExpr, *seqExpr:
	default:
		return false
	}
	for _, p := range parts(e) {
		if !namesOnly(p) {
			return false
		}
	}
	return true
}
