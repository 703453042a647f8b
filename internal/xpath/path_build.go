package xpath

// pathBuilder compiles a run of axis steps of a path.
type pathBuilder struct {
	c     *Compiler
	e     *pathExpr
	s     scope
	from  int   // first step of the run
	start *code // where the steps begin; nil: the context node, or the root
	steps []step
	many  bool
	whole deps // of the whole run
	soFar deps // of what has been compiled
	// split: the beginning has one value in the document and the whole has not, so
	// that the beginning is to be remembered
	split bool
}

// axisSteps compiles steps[from:to] of a path, starting at cur (nil: context or root).
func (c *Compiler) axisSteps(e *pathExpr, cur *code, from, to int, s scope) *code {
	d := startDeps(e, cur, s)
	preds := make([][]*code, to-from)
	whole := d
	for i, ast := range e.steps[from:to] {
		for _, pe := range ast.preds {
			x := c.compile(pe, s.within(anyNode))
			preds[i] = append(preds[i], x)
			whole = whole.with(outside(x.deps))
		}
	}
	b := &pathBuilder{c: c, e: e, s: s, from: from, start: cur, many: cur != nil && cur.many, whole: whole, soFar: d,
		split: !whole.ofDocument() && d.ofDocument() && !d.impure && !c.plain}
	for i := range preds {
		b.add(i, preds[i])
	}
	x := b.code(whole)
	if cur == nil && e.absolute && from == 0 && whole.ofDocument() && !whole.impure && !c.plain {
		return c.staged(e, b.steps, preds, x, s)
	}
	return x
}

// startDeps checks the start of a path and tells what it reads.
func startDeps(e *pathExpr, cur *code, s scope) deps {
	d := noDeps()
	switch {
	case cur != nil:
		d = cur.deps
		if cur.kinds&anyNode == 0 && !(cur.konst && len(cur.val) == 0) {
			raise("XPTY0019", "a step on an atomic value")
		}
	case !e.absolute:
		d.item = true
		if s.item != 0 && s.item&anyNode == 0 {
			raise("XPTY0020", "the context item of a step is no node")
		}
	}
	return d
}

// code makes the code of the steps added since the last split.
func (b *pathBuilder) code(d deps) *code {
	p := &pathCode{steps: b.steps, absolute: b.start == nil && b.e.absolute}
	if b.start != nil {
		p.start = b.start.asNodes()
	}
	return b.c.finish(p, b.many, d)
}

// add compiles a step with its predicates.
func (b *pathBuilder) add(i int, preds []*code) {
	ast := b.e.steps[b.from+i]
	st := step{axis: ast.axis, test: b.c.nodeTest(ast.test, ast.axis)}
	for j, x := range preds {
		if b.split && !outside(x.deps).ofDocument() {
			if allPlain(st.preds) && plainCodes(preds[j:]) {
				b.push(st)
				b.remember(ast.ends[j])
				st = step{axis: axisSelf, test: nodeTest{kind: testNode}}
			} else if len(b.steps) > 0 {
				before := b.e.steps[b.from+i-1].ends
				b.remember(before[len(before)-1])
			}
			b.split = false
		}
		st.preds = append(st.preds, b.c.predicate(x))
	}
	b.push(st)
	for _, x := range preds {
		b.soFar = b.soFar.with(outside(x.deps))
	}
}

// push appends a step whose predicates are complete.
func (b *pathBuilder) push(s step) {
	s.plain = allPlain(s.preds)
	b.many = many(s, b.many)
	b.steps = append(b.steps, s)
}

func allPlain(preds []pred) bool {
	for i := range preds {
		if !preds[i].plain() {
			return false
		}
	}
	return true
}

// remember makes what has been compiled, up to a token, a start that is computed
// once a document.
func (b *pathBuilder) remember(end int) {
	x := b.code(b.soFar)
	x.key = safeKey(b.e.prefix+text(b.e.toks, b.e.from, end), b.s)
	b.start, b.steps = b.c.remember(x), nil
}

// plainCodes reports whether expressions will be plain predicates.
func plainCodes(list []*code) bool {
	for _, x := range list {
		if x.kinds&anyNumber != 0 || x.position || x.last {
			return false
		}
	}
	return true
}
