package xpath

// expr is a parsed expression. Names are as written; they are resolved by the compiler.
type expr interface{}

type (
	literalExpr struct{ item Item }
	varExpr     struct {
		name string
		at   int
	}
	dotExpr   struct{}
	rootExpr  struct{} // "/" alone
	seqExpr   struct{ items []expr }
	rangeExpr struct{ from, to expr }
	logicExpr struct { // and, or
		or    bool
		parts []expr
	}
	compareExpr struct { // general (= != < ...) or value (eq ne lt ...) comparison
		op      cmpOp
		general bool
		l, r    expr
		toks    []token // the right side as written: toks[mid:end]
		mid     int
		end     int
	}
	nodeCompareExpr struct { // is, <<, >>
		op   string
		l, r expr
	}
	arithExpr struct {
		op   string // + - * div idiv mod
		l, r expr
	}
	negExpr struct { // unary minus
		neg bool
		e   expr
	}
	setExpr struct { // union, intersect, except
		op   string
		l, r expr
	}
	typeExpr struct { // instance, treat, castable, cast
		op  string
		e   expr
		typ seqType
	}
	ifExpr  struct{ cond, then, other expr }
	forExpr struct { // for: one variable; several are nested
		name   string
		in, do expr
	}
	quantExpr struct { // some, every: one variable; several are nested
		every  bool
		name   string
		in, do expr
	}
	letExpr struct { // variable of a function body
		name string
		as   *seqType
		val  expr
		in   expr
	}
	callExpr struct {
		name string
		args []expr
		at   int
		key  string
	}
	pathExpr struct {
		absolute bool
		steps    []stepExpr
		key      string
		toks     []token // the tokens the path was read from, and where it begins
		from     int
		prefix   string // what is put before the key: the path was made absolute
	}
	// valueOfExpr is the text that xsl:value-of makes: untyped, items joined.
	valueOfExpr struct {
		e   expr
		sep string
	}
)

// stepExpr is an axis step, or a primary expression if prim is set.
type stepExpr struct {
	prim  expr
	axis  axis
	test  testExpr
	preds []expr
	ends  []int // token after the node test or primary, and after each predicate
}

// testExpr is a node test as written.
type testExpr struct {
	kind testKind
	name string   // for name tests: "local", "p:local", "*", "p:*", "*:local"
	more []string // further names: (a | b) as one step
	at   int
}

type testKind uint8

const (
	testName testKind = iota
	testNode
	testText
	testComment
	testInstruction
	testDocument
	testElement   // element(), element(name)
	testAttribute // attribute(), attribute(name)
)

type axis uint8

const (
	axisChild axis = iota
	axisDescendant
	axisAttribute
	axisSelf
	axisDescendantOrSelf
	axisFollowingSibling
	axisFollowing
	axisParent
	axisAncestor
	axisPrecedingSibling
	axisPreceding
	axisAncestorOrSelf
	axisNamespace
)

var axisNames = map[string]axis{
	"child": axisChild, "descendant": axisDescendant, "attribute": axisAttribute, "self": axisSelf,
	"descendant-or-self": axisDescendantOrSelf, "following-sibling": axisFollowingSibling, "following": axisFollowing,
	"parent": axisParent, "ancestor": axisAncestor, "preceding-sibling": axisPrecedingSibling,
	"preceding": axisPreceding, "ancestor-or-self": axisAncestorOrSelf, "namespace": axisNamespace,
}

// reverse axes number their nodes backwards (XPath 2.0, 3.2.1.1).
func (a axis) reverse() bool {
	switch a {
	case axisParent, axisAncestor, axisPrecedingSibling, axisPreceding, axisAncestorOrSelf:
		return true
	}
	return false
}

// seqType is a sequence type: an atomic type or a node test, with occurrence.
type seqType struct {
	empty  bool // empty-sequence()
	item   bool // item()
	atomic Kind // atomic type if not 0
	any    bool // xs:anyAtomicType
	test   testExpr
	occurs byte // 0, '?', '*', '+'
}

type cmpOp uint8

const (
	opEq cmpOp = iota
	opNe
	opLt
	opLe
	opGt
	opGe
)

// swap returns the operator for exchanged operands.
func (o cmpOp) swap() cmpOp { return [...]cmpOp{opEq, opNe, opGt, opGe, opLt, opLe}[o] }

// holds says whether an order (negative, 0, positive) satisfies the operator.
func (o cmpOp) holds(order int) bool {
	switch o {
	case opEq:
		return order == 0
	case opNe:
		return order != 0
	case opLt:
		return order < 0
	case opLe:
		return order <= 0
	case opGt:
		return order > 0
	}
	return order >= 0
}

// parts returns the expressions inside an expression.
func parts(e expr) []expr {
	switch e := e.(type) {
	case *seqExpr:
		return e.items
	case *rangeExpr:
		return []expr{e.from, e.to}
	case *logicExpr:
		return e.parts
	case *compareExpr:
		return []expr{e.l, e.r}
	case *nodeCompareExpr:
		return []expr{e.l, e.r}
	case *arithExpr:
		return []expr{e.l, e.r}
	case *negExpr:
		return []expr{e.e}
	case *setExpr:
		return []expr{e.l, e.r}
	case *typeExpr:
		return []expr{e.e}
	case *ifExpr:
		return []expr{e.cond, e.then, e.other}
	case *forExpr:
		return []expr{e.in, e.do}
	case *quantExpr:
		return []expr{e.in, e.do}
	case *letExpr:
		return []expr{e.val, e.in}
	case *callExpr:
		return e.args
	case *valueOfExpr:
		return []expr{e.e}
	case *pathExpr:
		var all []expr
		for _, s := range e.steps {
			if s.prim != nil {
				all = append(all, s.prim)
			}
			all = append(all, s.preds...)
		}
		return all
	}
	return nil
}

// mentions reports whether a variable of this name is read anywhere in e.
func mentions(e expr, name string) bool {
	if v, ok := e.(*varExpr); ok {
		return v.name == name
	}
	for _, p := range parts(e) {
		if mentions(p, name) {
			return true
		}
	}
	return false
}

// rightKey is the text of operator and right side, with the bracket of a predicate.
func (e *compareExpr) rightKey() string { return text(e.toks, e.mid, e.end+1) }
