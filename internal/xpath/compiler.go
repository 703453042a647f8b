package xpath

import (
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Namespaces resolves the prefixes of an expression.
type Namespaces interface {
	Namespace(prefix string) (uri string, ok bool)
}

// Compiler turns the expressions of one rule set into a Program: they share
// global variables, functions, keys and remembered values. It is not safe for
// concurrent use; the Program is.
type Compiler struct {
	names    *xmltree.Names
	ns       Namespaces
	globals  map[string]*global
	order    []*global
	funcs    map[string]*function
	keys     map[string]*keyDef
	builtins map[string]builtin
	memos    map[string]int
	memo     int
	truths   int
	ids      int
	named    int
	tables   int
	stages   map[string]*stage
	indexes  map[string]*index
	plain    bool // no specialised forms: for tests that compare the two
}

// NewCompiler begins a rule set whose names are interned in names.
func NewCompiler(names *xmltree.Names) *Compiler {
	return &Compiler{names: names, globals: map[string]*global{}, funcs: map[string]*function{},
		keys: map[string]*keyDef{}, stages: map[string]*stage{}, indexes: map[string]*index{}, builtins: builtins(), memos: map[string]int{}, ns: noNamespaces{}}
}

// Plain makes the compiler leave out all specialised forms: slow, and a second
// opinion in tests. It must be called first.
func (c *Compiler) Plain() { c.plain = true }

type noNamespaces struct{}

func (noNamespaces) Namespace(string) (string, bool) { return "", false }

// Program is a compiled rule set. It is immutable and safe for concurrent use.
type Program struct {
	names    *xmltree.Names
	globals  int
	memo     int
	truths   int
	named    int
	tables   int
	required int // size the names table had
}

// global is a variable of the whole rule set.
type global struct {
	name   string
	index  int
	source string
	ns     Namespaces
	busy   bool
	code   *code
	frame  int
	err    error
}

// local is a variable of a rule, a function or an expression. Lazy ones have code.
type local struct {
	name   string
	index  int
	id     int
	kinds  kinds
	many   bool
	some   bool
	code   *code
	ofRule bool // code is evaluated for the node of the rule
	outer  *local
}

// frameSize counts the variables of a rule or function.
type frameSize struct{ n int }

// scope is what an expression can see while it is compiled.
type scope struct {
	vars  *local
	item  kinds // what the context item may be, 0 for none
	root  bool  // the context item is the outermost element
	frame *frameSize
}

func (s scope) within(item kinds) scope { s.item, s.root = item, false; return s }

// bind adds a variable.
func (c *Compiler) bind(s scope, l *local) scope {
	c.ids++
	l.id, l.index, l.outer = c.ids, s.frame.n, s.vars
	s.frame.n++
	s.vars = l
	return s
}

// unbind removes variable id from what an expression depends on.
func unbind(d deps, id int) deps {
	if d.local >= id {
		d.local = freeLocals
	}
	return d
}

// Global declares a variable of the rule set. It is compiled when Program is
// called or when it is first used, so that the order does not matter.
func (c *Compiler) Global(name, src string, ns Namespaces) error {
	if _, twice := c.globals[name]; twice {
		return staticf("XTSE0630", -1, "variable $%s is declared twice", name)
	}
	g := &global{name: name, index: len(c.order), source: src, ns: ns}
	c.globals[name] = g
	c.order = append(c.order, g)
	return nil
}

func (c *Compiler) compileGlobal(g *global) error {
	if g.code != nil || g.err != nil || g.busy {
		return g.err
	}
	g.busy = true
	defer func() { g.busy = false }()
	outer := c.ns
	c.ns = g.ns
	defer func() { c.ns = outer }()
	f := &frameSize{}
	g.code, g.err = c.compileSource(g.source, scope{item: anyNode, frame: f})
	if g.err == nil {
		g.code.prepare()
		g.frame = f.n
	}
	return g.err
}

// prepare derives the evaluator that Run.evaluate uses, so that nothing is derived while running.
func (c *code) prepare() {
	if c.nodesOnly() {
		c.asNodes()
	} else {
		c.asSeq()
	}
}

func (c *Compiler) compileSource(src string, s scope) (*code, error) {
	e, err := parse(src)
	if err != nil {
		return nil, err
	}
	return c.compileExpr(e, s)
}

func (c *Compiler) compileExpr(e expr, s scope) (out *code, err error) {
	if bad := safely(func() { out = c.compile(e, s) }); bad != nil {
		return nil, bad
	}
	return out, nil
}

// Program ends the compilation. The error is that of a global variable or function.
func (c *Compiler) Program() (*Program, error) {
	for _, g := range c.order {
		if err := c.compileGlobal(g); err != nil {
			return nil, err
		}
	}
	for _, f := range c.funcs {
		if err := c.compileFunction(f); err != nil {
			return nil, err
		}
	}
	return &Program{names: c.names, globals: len(c.order), memo: c.memo, truths: c.truths, named: c.named, tables: c.tables, required: c.names.Len()}, nil
}

// memoSlot returns the place where an expression is remembered in one form.
func (c *Compiler) memoSlot(key string, mode byte) int {
	boolean := mode == 'b' || mode == 'e'
	full := key + string(rune(mode))
	if key != "" {
		if at, ok := c.memos[full]; ok {
			return at
		}
	}
	var at int
	if boolean {
		at = c.truths
		c.truths++
	} else {
		at = c.memo
		c.memo++
	}
	if key != "" {
		c.memos[full] = at
	}
	return at
}

// safeKey returns the key under which an expression may share its value, "" if it
// could mean something else where a variable of the same name is bound differently.
func safeKey(key string, s scope) string {
	if s.vars != nil && strings.Contains(key, "$") {
		return ""
	}
	return key
}

// remember wraps an expression that has one value in a document.
func (c *Compiler) remember(x *code) *code {
	if c.plain || x.konst || x.src != nil || x.impure || !x.ofDocument() {
		return x
	}
	return &code{kinds: x.kinds, many: x.many, some: x.some, deps: x.deps, key: x.key, src: x,
		memoize: func(mode byte) int { return c.memoSlot(x.key, mode) }}
}

// hoist remembers those parts of an expression that have one value in a document
// when the whole has not.
func (c *Compiler) hoist(whole deps, parts ...**code) {
	if whole.ofDocument() && !whole.impure {
		return
	}
	for _, p := range parts {
		if *p != nil && costly(*p) {
			*p = c.remember(*p)
		}
	}
}

// costly is false for what is as cheap as remembering it.
func costly(x *code) bool {
	return !x.konst && x.src == nil && (x.path != nil || x.key != "" || x.many || x.str == nil)
}

func (c *Compiler) compile(e expr, s scope) *code {
	switch e := e.(type) {
	case *literalExpr:
		return constant(e.item)
	case *varExpr:
		return c.variable(e, s)
	case *dotExpr:
		return c.dot(s)
	case *rootExpr:
		return c.root(s)
	case *seqExpr:
		return c.sequence(e, s)
	case *rangeExpr:
		return c.rangeOf(e, s)
	case *logicExpr:
		return c.logic(e, s)
	case *compareExpr:
		return c.comparison(e, s)
	case *nodeCompareExpr:
		return c.nodeComparison(e, s)
	case *arithExpr:
		return c.arithmetic(e, s)
	case *negExpr:
		return c.negation(e, s)
	case *setExpr:
		return c.set(e, s)
	case *typeExpr:
		return c.typed(e, s)
	case *ifExpr:
		return c.conditional(e, s)
	case *forExpr:
		return c.loop(e, s)
	case *quantExpr:
		return c.quantified(e, s)
	case *letExpr:
		return c.let(e, s)
	case *callExpr:
		return c.call(e, s)
	case *pathExpr:
		return c.pathOf(e, s)
	case *valueOfExpr:
		return c.valueOf(e, s)
	}
	panic("xpath: unknown kind of expression")
}

// folded evaluates an expression whose parts are all constant.
func (c *Compiler) folded(x *code, parts ...*code) *code {
	if c.plain || x.impure || !x.ofDocument() {
		return x
	}
	for _, p := range parts {
		if !p.konst {
			return x
		}
	}
	r := &Run{node: xmltree.None}
	if safely(func() { x.asSeq()(r) }) != nil {
		return x // the error belongs to the evaluation
	}
	if len(r.items) > 4096 {
		return x
	}
	return constant(r.items...)
}

// name resolves a QName; the empty prefix is no namespace.
func (c *Compiler) name(q string) (space, local string) {
	prefix, local, ok := strings.Cut(q, ":")
	if !ok {
		return "", q
	}
	return c.namespace(prefix), local
}

func (c *Compiler) namespace(prefix string) string {
	if uri, ok := c.ns.Namespace(prefix); ok {
		return uri
	}
	switch prefix {
	case "xml":
		return xmltree.XMLSpace
	case "xs", "xsd":
		return "http://www.w3.org/2001/XMLSchema"
	case "fn":
		return fnSpace
	}
	raise("XPST0081", "prefix %s is not declared", strconv.Quote(prefix))
	return ""
}

const fnSpace = "http://www.w3.org/2005/xpath-functions"
