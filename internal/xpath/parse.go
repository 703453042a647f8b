package xpath

// maxDepth bounds nested expressions, so that a hostile rule can't exhaust the stack.
const maxDepth = 400

type parser struct {
	toks  []token
	pos   int
	depth int
}

// parse reads an expression (XPath 2.0, appendix A.1).
func parse(src string) (e expr, err error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			err = bad
		}
	}()
	e = p.expr()
	if p.peek().kind != tokEnd {
		p.fail("unexpected %q", p.peek().text)
	}
	return e, nil
}

func (p *parser) peek() *token { return &p.toks[p.pos] }

func (p *parser) ahead(n int) *token { return &p.toks[min(p.pos+n, len(p.toks)-1)] }

func (p *parser) fail(format string, args ...any) {
	panic(syntaxf(p.peek().at, format, args...))
}

func (p *parser) is(sym string) bool {
	t := p.peek()
	return t.kind == tokSymbol && t.text == sym
}

func (p *parser) take(sym string) bool {
	if p.is(sym) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) need(sym string) {
	if !p.take(sym) {
		if p.peek().kind == tokEnd {
			p.fail("%q expected at the end", sym)
		}
		p.fail("%q expected before %q", sym, p.peek().text)
	}
}

func (p *parser) word(w string) bool {
	t := p.peek()
	if t.kind == tokName && t.text == w {
		p.pos++
		return true
	}
	return false
}

func (p *parser) needWord(w string) {
	if !p.word(w) {
		p.fail("%q expected", w)
	}
}

// expr = single ("," single)*
func (p *parser) expr() expr {
	first := p.single()
	if !p.is(",") {
		return first
	}
	items := []expr{first}
	for p.take(",") {
		items = append(items, p.single())
	}
	return &seqExpr{items}
}

func (p *parser) single() expr {
	if p.depth++; p.depth > maxDepth {
		p.fail("expression is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	t, next := p.peek(), p.ahead(1)
	if t.kind == tokName {
		switch {
		case t.text == "for" && next.kind == tokVar:
			return p.bindings(func(name string, in, do expr) expr { return &forExpr{name, in, do} }, "return")
		case (t.text == "some" || t.text == "every") && next.kind == tokVar:
			every := t.text == "every"
			return p.bindings(func(name string, in, do expr) expr { return &quantExpr{every, name, in, do} }, "satisfies")
		case t.text == "if" && next.kind == tokSymbol && next.text == "(":
			return p.conditional()
		}
	}
	return p.or()
}

// bindings reads "for $a in E, $b in F return G" and nests it.
func (p *parser) bindings(make func(string, expr, expr) expr, last string) expr {
	p.pos++
	var names []string
	var ins []expr
	for {
		if p.peek().kind != tokVar {
			p.fail("variable expected")
		}
		names = append(names, p.peek().text)
		p.pos++
		p.needWord("in")
		ins = append(ins, p.single())
		if !p.take(",") {
			break
		}
	}
	p.needWord(last)
	e := p.single()
	for i := len(names) - 1; i >= 0; i-- {
		e = make(names[i], ins[i], e)
	}
	return e
}

func (p *parser) conditional() expr {
	p.pos++
	p.need("(")
	cond := p.expr()
	p.need(")")
	p.needWord("then")
	then := p.single()
	p.needWord("else")
	return &ifExpr{cond, then, p.single()}
}

func (p *parser) or() expr {
	return p.logic(true, "or", func() expr { return p.logic(false, "and", p.comparison) })
}

func (p *parser) logic(or bool, w string, operand func() expr) expr {
	first := operand()
	if t := p.peek(); t.kind != tokName || t.text != w {
		return first
	}
	parts := []expr{first}
	for p.word(w) {
		parts = append(parts, operand())
	}
	return &logicExpr{or, parts}
}

var generalOps = map[string]cmpOp{"=": opEq, "!=": opNe, "<": opLt, "<=": opLe, ">": opGt, ">=": opGe}
var valueOps = map[string]cmpOp{"eq": opEq, "ne": opNe, "lt": opLt, "le": opLe, "gt": opGt, "ge": opGe}

func (p *parser) comparison() expr {
	l := p.rng()
	t := p.peek()
	if t.kind == tokSymbol {
		if op, ok := generalOps[t.text]; ok {
			mid := p.pos
			p.pos++
			e := &compareExpr{op: op, general: true, l: l, r: p.rng(), toks: p.toks, mid: mid}
			e.end = p.pos
			return e
		}
		if t.text == "<<" || t.text == ">>" {
			p.pos++
			return &nodeCompareExpr{t.text, l, p.rng()}
		}
	} else if t.kind == tokName {
		if op, ok := valueOps[t.text]; ok {
			p.pos++
			return &compareExpr{op: op, l: l, r: p.rng()}
		}
		if t.text == "is" {
			p.pos++
			return &nodeCompareExpr{"is", l, p.rng()}
		}
	}
	return l
}

func (p *parser) rng() expr {
	l := p.additive()
	if p.word("to") {
		return &rangeExpr{l, p.additive()}
	}
	return l
}

func (p *parser) additive() expr {
	l := p.multiplicative()
	for p.is("+") || p.is("-") {
		op := p.peek().text
		p.pos++
		l = &arithExpr{op, l, p.multiplicative()}
	}
	return l
}

func (p *parser) multiplicative() expr {
	l := p.union()
	for {
		t := p.peek()
		switch {
		case t.kind == tokSymbol && t.text == "*", t.kind == tokName && (t.text == "div" || t.text == "idiv" || t.text == "mod"):
			p.pos++
			l = &arithExpr{t.text, l, p.union()}
		default:
			return l
		}
	}
}

func (p *parser) union() expr {
	l := p.intersect()
	for p.is("|") || p.peek().kind == tokName && p.peek().text == "union" {
		p.pos++
		l = &setExpr{"union", l, p.intersect()}
	}
	return l
}

func (p *parser) intersect() expr {
	l := p.typed()
	for t := p.peek(); t.kind == tokName && (t.text == "intersect" || t.text == "except"); t = p.peek() {
		p.pos++
		l = &setExpr{t.text, l, p.typed()}
	}
	return l
}

// typed reads the levels instance of, treat as, castable as, cast as.
func (p *parser) typed() expr {
	e := p.unary()
	for {
		t, next := p.peek(), p.ahead(1)
		if t.kind != tokName || next.kind != tokName {
			return e
		}
		switch {
		case t.text == "cast" && next.text == "as", t.text == "castable" && next.text == "as":
			p.pos += 2
			st := p.seqType(true)
			if st.atomic == 0 {
				p.fail("atomic type expected")
			}
			e = &typeExpr{t.text, e, st}
		case t.text == "treat" && next.text == "as", t.text == "instance" && next.text == "of":
			p.pos += 2
			e = &typeExpr{t.text, e, p.seqType(false)}
		default:
			return e
		}
	}
}

func (p *parser) unary() expr {
	minus, any := false, false
	for p.is("-") || p.is("+") {
		minus = minus != p.is("-")
		any = true
		p.pos++
	}
	e := p.path()
	if any {
		return &negExpr{minus, e}
	}
	return e
}
