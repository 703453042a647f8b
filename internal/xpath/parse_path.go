package xpath

import "strings"

// path = ("/" relative?) | ("//" relative) | relative
func (p *parser) path() expr {
	from := p.pos
	path := &pathExpr{}
	switch {
	case p.take("//"):
		path.absolute = true
		path.steps = append(path.steps, anyDescendant())
	case p.take("/"):
		if !p.startsStep() {
			return &rootExpr{}
		}
		path.absolute = true
	}
	for {
		path.steps = append(path.steps, p.step())
		if p.take("//") {
			path.steps = append(path.steps, anyDescendant())
		} else if !p.take("/") {
			break
		}
	}
	if !path.absolute && len(path.steps) == 1 && path.steps[0].prim != nil && len(path.steps[0].preds) == 0 {
		return path.steps[0].prim
	}
	path.key = text(p.toks, from, p.pos)
	path.toks, path.from = p.toks, from
	return path
}

// text returns tokens as one string: the same for the same expression.
func text(toks []token, from, to int) string {
	var b strings.Builder
	for _, t := range toks[from:to] {
		switch t.kind {
		case tokString:
			b.WriteString("'" + strings.ReplaceAll(t.text, "'", "''") + "'")
		case tokVar:
			b.WriteString("$" + t.text)
		default:
			b.WriteString(t.text)
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func anyDescendant() stepExpr {
	return stepExpr{axis: axisDescendantOrSelf, test: testExpr{kind: testNode}}
}

func (p *parser) startsStep() bool {
	t := p.peek()
	switch t.kind {
	case tokName, tokVar, tokNumber, tokString:
		return true
	case tokSymbol:
		switch t.text {
		case "*", "@", ".", "..", "(":
			return true
		}
	}
	return false
}

func (p *parser) step() stepExpr {
	var s stepExpr
	switch t, next := p.peek(), p.ahead(1); {
	case p.take(".."):
		s = stepExpr{axis: axisParent, test: testExpr{kind: testNode}}
	case p.take("@"):
		s = stepExpr{axis: axisAttribute, test: p.nodeTest()}
	case t.kind == tokName && next.kind == tokSymbol && next.text == "::":
		a, ok := axisNames[t.text]
		if !ok {
			p.fail("no axis is named %q", t.text)
		}
		p.pos += 2
		s = stepExpr{axis: a, test: p.nodeTest()}
	case t.kind == tokName && !(next.kind == tokSymbol && next.text == "(" && !isKindTest(t.text)), p.is("*"):
		s = stepExpr{axis: axisChild, test: p.nodeTest()}
		if s.test.kind == testAttribute {
			s.axis = axisAttribute
		}
	default:
		s = stepExpr{prim: p.primary()}
	}
	s.ends = append(s.ends, p.pos)
	for p.take("[") {
		s.preds = append(s.preds, p.expr())
		p.need("]")
		s.ends = append(s.ends, p.pos)
	}
	return s
}

var kindTests = map[string]testKind{
	"node": testNode, "text": testText, "comment": testComment, "processing-instruction": testInstruction,
	"document-node": testDocument, "element": testElement, "attribute": testAttribute,
}

func isKindTest(name string) bool { _, ok := kindTests[name]; return ok }

func (p *parser) nodeTest() testExpr {
	t := *p.peek()
	if p.take("*") {
		return testExpr{kind: testName, name: "*", at: t.at}
	}
	if t.kind != tokName {
		p.fail("name or kind of node expected")
	}
	p.pos++
	kind, ok := kindTests[t.text]
	if !ok || !p.take("(") {
		return testExpr{kind: testName, name: t.text, at: t.at}
	}
	test := testExpr{kind: kind, at: t.at}
	if !p.is(")") {
		arg := p.peek()
		switch {
		case kind == testDocument:
			p.nodeTest()
		case kind == testInstruction && (arg.kind == tokString || arg.kind == tokName),
			(kind == testElement || kind == testAttribute) && (arg.kind == tokName || p.is("*")):
			test.name = arg.text
			p.pos++
		default:
			p.fail("unexpected %q in a kind test", arg.text)
		}
	}
	p.need(")")
	return test
}

func (p *parser) primary() expr {
	t := *p.peek()
	switch {
	case t.kind == tokNumber:
		p.pos++
		it, err := numberLiteral(t.text)
		if err != nil {
			p.fail("number %s: %v", t.text, err)
		}
		return &literalExpr{it}
	case t.kind == tokString:
		p.pos++
		return &literalExpr{stringItem(t.text)}
	case t.kind == tokVar:
		p.pos++
		return &varExpr{t.text, t.at}
	case p.take("."):
		return &dotExpr{}
	case p.take("("):
		if p.take(")") {
			return &seqExpr{}
		}
		e := p.expr()
		p.need(")")
		return e
	case t.kind == tokName:
		p.pos++
		return p.call(t)
	case t.kind == tokEnd:
		p.fail("expression ends too early")
	}
	p.fail("unexpected %q", t.text)
	return nil
}

func (p *parser) call(name token) expr {
	from := p.pos - 1
	c := &callExpr{name: name.text, at: name.at}
	p.need("(")
	for !p.take(")") {
		c.args = append(c.args, p.single())
		if p.take(")") {
			break
		}
		p.need(",")
	}
	c.key = text(p.toks, from, p.pos)
	return c
}

// parseSeqType reads a sequence type such as "xs:string?" by itself.
func parseSeqType(src string) (st seqType, err error) {
	toks, err := lex(src)
	if err != nil {
		return st, err
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
	st = p.seqType(false)
	if p.peek().kind != tokEnd {
		p.fail("unexpected %q", p.peek().text)
	}
	return st, nil
}

// seqType reads a sequence type; single ones know no occurrence but "?".
func (p *parser) seqType(single bool) seqType {
	t := p.peek()
	if t.kind != tokName {
		p.fail("type expected")
	}
	var st seqType
	next := p.ahead(1)
	switch paren := next.kind == tokSymbol && next.text == "("; {
	case paren && (t.text == "empty-sequence" || t.text == "item"):
		st.empty, st.item = t.text == "empty-sequence", t.text == "item"
		p.pos += 2
		p.need(")")
	case paren && isKindTest(t.text):
		st.test = p.nodeTest()
	default:
		p.pos++
		kind, any := atomicType(t.text)
		if kind == 0 && !any {
			p.pos--
			p.fail("type %q is not known", t.text)
		}
		st.atomic, st.any = kind, any
	}
	for _, o := range []string{"?", "*", "+"} {
		if p.is(o) && !st.empty && (o == "?" || !single) {
			st.occurs = o[0]
			p.pos++
			break
		}
	}
	return st
}
