package xpath

import (
	"strconv"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Param is a parameter of a function of the rule set. As is a sequence type such
// as "xs:string?", "" for anything.
type Param struct{ Name, As string }

// Instruction is one instruction of a function body. The zero fields that do not
// belong to its kind are ignored.
type Instruction struct {
	Kind   InstructionKind
	Name   string        // Variable
	As     string        // Variable: declared type
	Select string        // Sequence, ValueOf, Variable, When: the expression
	Text   string        // Text: literal text
	Sep    string        // ValueOf: separator
	Body   []Instruction // Variable without Select, When, Otherwise, Choose (When and Otherwise)
}

// InstructionKind names an instruction.
type InstructionKind uint8

// The instructions of XSLT that rule sets use in functions.
const (
	InstrSequence InstructionKind = iota
	InstrValueOf
	InstrVariable
	InstrChoose
	InstrWhen
	InstrOtherwise
	InstrText
)

type function struct {
	name   string
	params []Param
	as     *seqType
	types  []*seqType
	body   []Instruction
	ns     Namespaces
	locals []*local
	frame  int
	code   *code
	busy   bool
	err    error
}

func functionKey(space, local string, arity int) string {
	return "{" + space + "}" + local + "/" + strconv.Itoa(arity)
}

// Function declares a function with body instructions. Its body is compiled when
// Program is called or the function is first used.
func (c *Compiler) Function(name string, params []Param, as string, body []Instruction, ns Namespaces) error {
	outer := c.ns
	c.ns = ns
	defer func() { c.ns = outer }()
	f := &function{name: name, params: params, body: body, ns: ns}
	var space, local string
	if err := safely(func() { space, local = c.name(name) }); err != nil {
		return err
	}
	if space == "" {
		return staticf("XTSE0740", -1, "function %s is in no namespace", name)
	}
	var err error
	if f.as, err = optionalType(as); err != nil {
		return err
	}
	for _, p := range params {
		t, err := optionalType(p.As)
		if err != nil {
			return err
		}
		f.types = append(f.types, t)
	}
	key := functionKey(space, local, len(params))
	if _, twice := c.funcs[key]; twice {
		return staticf("XTSE0770", -1, "function %s is declared twice", name)
	}
	c.funcs[key] = f
	return nil
}

func optionalType(as string) (*seqType, error) {
	if as == "" {
		return nil, nil
	}
	t, err := parseSeqType(as)
	return &t, err
}

func (c *Compiler) compileFunction(f *function) error {
	if f.code != nil || f.err != nil || f.busy {
		return f.err
	}
	f.busy = true
	outer := c.ns
	c.ns = f.ns
	defer func() { c.ns, f.busy = outer, false }()
	frame := &frameSize{}
	s := scope{frame: frame}
	for i, p := range f.params {
		l := &local{name: p.Name, kinds: anyItem, many: true}
		if t := f.types[i]; t != nil {
			l.many, l.some = t.occurs == '*' || t.occurs == '+', t.occurs == 0 || t.occurs == '+'
			if t.atomic != 0 {
				l.kinds = 1 << t.atomic
				if t.atomic == Decimal {
					l.kinds = exactOnly
				}
			}
		}
		s = c.bind(s, l)
		f.locals = append(f.locals, l)
	}
	f.err = asStatic(safely(func() {
		body, err := bodyExpr(f.body)
		if err != nil {
			panic(err)
		}
		x := c.compile(body, s)
		if f.as != nil {
			x = c.coerce(x, *f.as, "the result of "+f.name)
		}
		x.asSeq()
		f.code, f.frame = x, frame.n
	}))
	f.frame = frame.n
	return f.err
}

func asStatic(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// bodyExpr turns a sequence constructor into an expression.
func bodyExpr(body []Instruction) (expr, error) {
	var items []expr
	for i, in := range body {
		if in.Kind == InstrVariable {
			val, err := variableExpr(in)
			if err != nil {
				return nil, err
			}
			as, err := optionalType(in.As)
			if err != nil {
				return nil, err
			}
			rest, err := bodyExpr(body[i+1:])
			if err != nil {
				return nil, err
			}
			items = append(items, &letExpr{in.Name, as, val, rest})
			return one(items), nil
		}
		e, err := instructionExpr(in)
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return one(items), nil
}

func one(items []expr) expr {
	if len(items) == 1 {
		return items[0]
	}
	return &seqExpr{items}
}

func variableExpr(in Instruction) (expr, error) {
	if in.Select != "" {
		return parse(in.Select)
	}
	e, err := bodyExpr(in.Body)
	if err != nil || in.As != "" {
		return e, err
	}
	// without a declared type the value is a temporary tree; all its text is untyped
	return &valueOfExpr{e, ""}, nil
}

func instructionExpr(in Instruction) (expr, error) {
	switch in.Kind {
	case InstrText:
		return &valueOfExpr{&literalExpr{stringItem(in.Text)}, ""}, nil
	case InstrChoose:
		return chooseExpr(in.Body)
	}
	e, err := parse(in.Select)
	if err == nil && in.Kind == InstrValueOf {
		e = &valueOfExpr{e, in.Sep}
	}
	return e, err
}

func chooseExpr(branches []Instruction) (expr, error) {
	if len(branches) == 0 {
		return &seqExpr{}, nil
	}
	b := branches[0]
	then, err := bodyExpr(b.Body)
	if err != nil || b.Kind == InstrOtherwise {
		return then, err
	}
	cond, err := parse(b.Select)
	if err != nil {
		return nil, err
	}
	other, err := chooseExpr(branches[1:])
	return &ifExpr{cond, then, other}, err
}

// userCall compiles a call of a function of the rule set.
func (c *Compiler) userCall(f *function, e *callExpr, s scope) *code {
	if err := c.compileFunction(f); err != nil {
		panic(err)
	}
	x := &code{kinds: anyItem, many: true, deps: noDeps()}
	if t := f.as; t != nil {
		x.many, x.some = t.occurs == '*' || t.occurs == '+', t.occurs == 0 || t.occurs == '+'
		if t.atomic != 0 {
			x.kinds = 1 << t.atomic
			if t.atomic == Decimal {
				x.kinds = exactOnly
			}
		}
	}
	args := make([]*code, len(e.args))
	for i, a := range e.args {
		args[i] = c.compile(a, s)
		x.deps = x.deps.with(args[i].deps)
	}
	fills := make([]func(*Run, *slot), len(args))
	for i := range args {
		c.hoist(x.deps, &args[i])
		fills[i] = c.argument(args[i], f, i)
	}
	x.key = safeKey(e.key, s)
	x.seq = func(r *Run) { f.call(r, fills) }
	return x
}

// argument evaluates an argument into a slot, converted to the declared type.
func (c *Compiler) argument(x *code, f *function, i int) func(*Run, *slot) {
	what := "$" + f.params[i].Name + " of " + f.name
	if t := f.types[i]; t != nil {
		x = c.coerce(x, *t, what)
	}
	if x.nodesOnly() {
		fill := x.asNodes()
		return func(r *Run, s *slot) {
			m := len(r.nodes)
			s.doc = fill(r)
			s.state, s.nodes = slotNodes, append([]xmltree.Node(nil), r.nodes[m:]...)
			r.nodes = r.nodes[:m]
		}
	}
	fill := x.asSeq()
	return func(r *Run, s *slot) {
		m := len(r.items)
		fill(r)
		r.storeItems(s, m)
	}
}

// call runs the function: a new frame, no context item.
func (f *function) call(r *Run, args []func(*Run, *slot)) {
	if r.depth++; r.depth > maxCalls {
		raise("FOER0000", "function %s calls itself more than %d times", f.name, maxCalls)
	}
	top := r.top
	base := r.frame(f.frame + len(args))
	for i, fill := range args {
		var s slot
		fill(r, &s)
		r.vars[base+i] = s
	}
	saved, outer := r.focus(), r.base
	r.base = base
	r.doc, r.node, r.atom = r.main, xmltree.None, nil
	f.code.asSeq()(r)
	r.restore(saved)
	r.base, r.top = outer, top
	r.depth--
}
