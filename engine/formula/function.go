package formula

import (
	"errors"
	"sort"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// want is the set of kinds an argument may have.
type want uint32

func kinds(ks ...Kind) (w want) {
	for _, k := range ks {
		w |= 1 << k
	}
	return w
}

var (
	wantText   = kinds(StringKind, TextKind)
	wantNumber = kinds(NumberKind, IntegerKind)
	wantBytes  = kinds(BytesKind, TreeKind, StringKind)
	wantTree   = kinds(TreeKind, BytesKind)
	wantList   = kinds(ListKind)
	wantMoment = kinds(DateKind, InstantKind)
	wantAll    = ^want(0)
)

func (w want) has(k Kind) bool { return w&(1<<k) != 0 }

func (w want) String() string {
	switch w {
	case wantText:
		return "a string"
	case wantNumber:
		return "a number"
	case wantBytes:
		return "bytes or a string"
	case wantTree:
		return "a tree or bytes"
	case wantMoment:
		return "a date or an instant"
	}
	text := ""
	for k := range kindNames {
		if w.has(Kind(k)) && Kind(k) != TextKind && Kind(k) != IntegerKind {
			if text != "" {
				text += " or "
			}
			text += "a " + Kind(k).String()
		}
	}
	return text
}

// How a function treats secrets among its arguments.
type secrecy uint8

const (
	noSecret    secrecy = iota // refuses them
	staySecret                 // computes with the value; the result is a secret
	digestPlain                // computes with the value; the result tells nothing of it
	seesSecret                 // takes them as they are
)

// function is one function of the language.
type function struct {
	min, max int // number of arguments; max -1: any
	args     []want
	names    []string // of the arguments, for messages
	result   Type
	typeOf   func(c *compiler, args []*node) Type
	absent   bool // works on an absent first argument itself
	gaps     bool // works on any other absent argument itself
	secrets  secrecy
	sim      bool // simulator only
	call     func(k *call, args []any) (any, error)
	prepare  func(c *compiler, args []*node) (func(k *call, args []any) (any, error), bool)
}

// call is the place of a call while it runs.
type call struct {
	f    *frame
	from int
	name string
}

func (k *call) fail(rule, format string, args ...any) error {
	return k.f.fail(k.from, rule, format, args...)
}

func (k *call) value(format string, args ...any) error {
	return k.fail(RuleRunValue, k.name+": "+format, args...)
}

func (k *call) build(n int) error { return k.f.build(k.from, n) }

func (k *call) tick(n int) error { return k.f.tick(k.from, n) }

func (fn *function) want(i int) want {
	if i < len(fn.args) {
		return fn.args[i]
	}
	return fn.args[len(fn.args)-1]
}

// takes reports whether an argument that wants w may be a secret.
func (fn *function) takes(w want) bool {
	return fn.secrets == staySecret || fn.secrets == digestPlain || fn.secrets == seesSecret && w.has(SecretKind)
}

func (fn *function) argName(i int) string {
	if i < len(fn.names) {
		return fn.names[i]
	}
	return fn.names[len(fn.names)-1]
}

// Functions returns the sorted names of all functions of the language.
func Functions() []string {
	names := make([]string, 0, len(functions)+len(predicates))
	for n := range functions {
		names = append(names, n)
	}
	for n := range predicates {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

var functionNames = sync.OnceValue(Functions)

var notInLanguage = map[string]string{
	"reduce": "use sum, map or groups", "repeat": "use pad", "get": "write list[0] or map.field", "fromPairs": "", "toPairs": "",
	"now": "there is no clock in formulas: time.now is a step", "int": "use integer(text)", "float": "use number(text)", "toJSON": "", "fromJSON": "use json(bytes)",
	"groupBy": `use groups(list, "path")`, "uniq": "use distinct", "toBase64": "use base64", "fromBase64": "use unbase64", "indexOf": "use match", "median": "", "sort": "use sortBy(list, #)",
	"timezone": "zones are arguments of format and instant", "trimPrefix": "use replace or match", "trimSuffix": "use replace or match", "splitAfter": "use split", "lastIndexOf": "use match",
	"findIndex": "use find", "findLast": "use last(filter(...))", "findLastIndex": "use last(filter(...))", "type": "", "keys": "", "values": "", "take": "use list[:n]", "reverse": "",
	"bitand": "", "bitor": "", "bitxor": "", "bitnand": "", "bitshl": "", "bitshr": "", "bitushr": "", "bitnot": "",
}

func (c *compiler) call(name string, args []ast.Node, from int) *node {
	if _, ok := predicates[name]; ok {
		return c.predicate(name, args, from)
	}
	fn, ok := functions[name]
	if !ok {
		hint, known := notInLanguage[name]
		if _, is := builtin.Index[name]; is || known {
			return c.banned(from, name+"()", hint)
		}
		c.fault(from, RuleName, "unknown function %q", name).Hint = diag.DidYouMean(name, functionNames())
		return broken(from)
	}
	if fn.sim && !c.decl.Simulator {
		c.fault(from, RuleName, "%s is a function of simulators only", name)
		return broken(from)
	}
	nodes := make([]*node, len(args))
	for i, a := range args {
		nodes[i] = c.node(a)
	}
	if reads, ok := readers[name]; ok && len(nodes) == 1 {
		return c.reader(reads, name, nodes[0], from)
	}
	if len(nodes) < fn.min || fn.max >= 0 && len(nodes) > fn.max {
		return c.bad(from, RuleType, "%s takes %s, not %d", name, arity(fn), len(nodes))
	}
	if !c.fits(fn, name, nodes) {
		return broken(from)
	}
	if c.decl.TablesOf != "" && (name == "table" || name == "tableOr" || name == "rows") {
		text, ok := nodes0(nodes)
		if !ok {
			return c.bad(from, RuleValue, "in a file that is imported the name of a table is a text, not worked out")
		}
		nodes[0] = constant(c.decl.TablesOf+text, nodes[0].typ, nodes[0].from)
	}
	if name == "addWorkdays" && len(nodes) == 3 {
		if text, ok := nodes0(nodes[2:]); ok { // the calendar
			c.calls = append(c.calls, Call{Function: name, Name: text, Args: len(nodes), Pos: c.src.at(from)})
		}
	}
	if text, ok := nodes0(nodes); ok {
		c.calls = append(c.calls, Call{Function: name, Name: text, Args: len(nodes), Pos: c.src.at(from)})
	}
	return c.calling(fn, name, nodes, from)
}

func nodes0(nodes []*node) (string, bool) {
	if len(nodes) == 0 || !nodes[0].constant {
		return "", false
	}
	text, ok := nodes[0].value.(string)
	return text, ok
}

func arity(fn *function) string {
	switch {
	case fn.max < 0:
		return itoa(fn.min) + " or more arguments"
	case fn.min == fn.max && fn.min == 1:
		return "1 argument"
	case fn.min == fn.max:
		return itoa(fn.min) + " arguments"
	}
	return itoa(fn.min) + " to " + itoa(fn.max) + " arguments"
}

// fits checks the static types of the arguments.
func (c *compiler) fits(fn *function, name string, args []*node) bool {
	ok := true
	for i, a := range args {
		w, k := fn.want(i), a.typ.kind
		switch {
		case k == SecretKind && fn.takes(w):
		case k != SecretKind && (k == AnyKind || k == AbsentKind || w.has(k)):
		default:
			p := c.fault(a.from, RuleType, "argument %q of %s is %s, not a %s", fn.argName(i), name, w, a.typ)
			if w == wantText && a.typ.isNumber() {
				p.Hint = "write string(x)"
			} else if w == wantNumber && a.typ.isText() {
				p.Hint = "write number(text)"
			} else if w == wantText && k == TreeKind {
				p.Hint = `write at(tree, ".")`
			}
			ok = false
		}
	}
	return ok
}

func (c *compiler) calling(fn *function, name string, args []*node, from int) *node {
	t := fn.result
	if fn.typeOf != nil {
		t = fn.typeOf(c, args)
	}
	do := fn.call
	if fn.prepare != nil {
		prepared, ok := fn.prepare(c, args)
		if !ok {
			return broken(from)
		}
		if prepared != nil {
			do = prepared
		}
	}
	if fn.secrets == staySecret {
		for _, a := range args {
			if a.typ.kind == SecretKind && (t.isText() || t.kind == BytesKind) {
				t = SecretType
			}
		}
	}
	if !fn.absent {
		t.required = len(args) > 0 && args[0].typ.required && t.required
		t.gap = t.gap || len(args) > 0 && args[0].typ.gap
	}
	return &node{typ: t, from: from, run: func(f *frame) (any, error) { return f.call(fn, do, name, args, from) }}
}

// call evaluates the arguments, checks them and calls the function.
func (f *frame) call(fn *function, do func(*call, []any) (any, error), name string, nodes []*node, from int) (any, error) {
	if f.fuel--; f.fuel < 0 {
		return nil, f.tick(from, 0)
	}
	base := len(f.args)
	defer func() { f.args = f.args[:base] }()
	for i, n := range nodes {
		v, err := n.run(f)
		if err != nil {
			return nil, err
		}
		if v == nil && i == 0 && !fn.absent {
			return nil, nil
		}
		f.args = append(f.args, v)
	}
	args := f.args[base:]
	var opened Secret
	for i, v := range args {
		if err := f.check(fn, name, i, nodes[i], v, &args[i], &opened); err != nil {
			return nil, err
		}
	}
	k := call{f, from, name}
	out, err := do(&k, args)
	if opened.in != nil {
		return f.sealed(fn, &k, opened, out, err)
	}
	if err != nil {
		return nil, f.p.problem(from, err)
	}
	return out, nil
}

// sealed makes the result of a function that has seen the value of a secret
// fit for others: an error does not quote it, and what it made is a secret.
func (f *frame) sealed(fn *function, k *call, opened Secret, out any, err error) (any, error) {
	if err != nil {
		if rule := ruleOf(err); rule == RuleFuel || rule == RuleBytes {
			return nil, f.p.problem(k.from, err)
		}
		return nil, f.fail(k.from, RuleRunValue, "%s: the secret does not fit", k.name)
	}
	if fn.secrets == digestPlain || out == nil {
		return out, nil
	}
	s, err := NewSecret(opened.Name(), out)
	if err != nil {
		return nil, f.wrongType(k.from, "%s of a secret would tell of it", k.name)
	}
	return s, nil
}

func ruleOf(err error) string {
	var d diag.Problem
	if errors.As(err, &d) {
		return d.Rule
	}
	return ""
}

// check checks one argument, pays for its length and opens a secret.
func (f *frame) check(fn *function, name string, i int, n *node, v any, slot *any, opened *Secret) error {
	w := fn.want(i)
	switch x := v.(type) {
	case nil:
		if i == 0 && fn.absent || i > 0 && fn.gaps || n.constant || w == wantAll {
			return nil
		}
		return f.fail(n.from, RuleAbsent, "argument %q of %s is absent", fn.argName(i), name)
	case string:
		f.fuel -= len(x) / 256
	case []byte:
		f.fuel -= len(x) / 256
	case []any:
		f.fuel -= len(x)
	case Secret:
		switch {
		case !fn.takes(w):
			return f.wrongType(n.from, "argument %q of %s takes no secret", fn.argName(i), name)
		case fn.secrets != seesSecret:
			*opened = x
			v = x.plain()
			*slot = v
		}
	}
	if f.fuel < 0 {
		return f.tick(n.from, 0)
	}
	if k := KindOf(v); !w.has(k) {
		return f.wrongType(n.from, "argument %q of %s is %s, not a %s", fn.argName(i), name, w, k)
	}
	return nil
}

// bytesOf returns the bytes of an argument: those of a tree are as received,
// those of a text UTF-8.
func bytesOf(v any) []byte {
	switch v := v.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	case Node:
		return v.Source()
	}
	return nil
}

// argument returns the i-th argument, nil if it is not given.
func argument(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return nil
}
