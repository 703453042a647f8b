package xpath

import (
	"maps"
	"strings"
)

// builtin compiles a call of a standard function.
type builtin struct {
	min, max int
	make     func(c *Compiler, call *callExpr, args []*code, s scope) *code
	alone    bool // never folded
}

// call compiles a function call: constructor, function of the rule set, or standard.
func (c *Compiler) call(e *callExpr, s scope) *code {
	space, local := fnSpace, e.name
	if strings.Contains(e.name, ":") {
		space, local = c.name(e.name)
	}
	if space == "http://www.w3.org/2001/XMLSchema" {
		kind, ok := atomicTypes[local]
		if !ok || len(e.args) != 1 {
			raise("XPST0017", "type %s with %d arguments is not known", e.name, len(e.args))
		}
		return c.castTo(c.compile(e.args[0], s), kind, true)
	}
	if f := c.funcs[functionKey(space, local, len(e.args))]; f != nil {
		return c.userCall(f, e, s)
	}
	b, ok := c.builtins[local]
	if space != fnSpace || !ok {
		raise("XPST0017", "function %s is not known", e.name)
	}
	if len(e.args) < b.min || len(e.args) > b.max {
		raise("XPST0017", "function %s has no form with %d arguments", e.name, len(e.args))
	}
	args := make([]*code, len(e.args))
	d := noDeps()
	for i, a := range e.args {
		args[i] = c.compile(a, s)
		d = d.with(args[i].deps)
	}
	for i := range args {
		c.hoist(d, &args[i])
	}
	x := b.make(c, e, args, s)
	if x.konst {
		return x
	}
	x.deps = x.deps.with(d)
	if x.local == 0 {
		x.local = d.local
	}
	if x.key == "" {
		x.key = safeKey(e.key, s)
	}
	if b.alone {
		return x
	}
	return c.folded(x, args...)
}

// fresh begins the code of a function result.
func fresh(k kinds) *code { return &code{kinds: k, deps: noDeps(), some: true} }

// text gives an argument of type xs:string?; "" for empty.
func (c *Compiler) text(x *code, what string) func(*Run) string {
	if x.kinds.only(anyNode | anyText) {
		str := x.asStr()
		return func(r *Run) string { s, _ := str(r); return s }
	}
	one := x.asOne()
	return func(r *Run) string {
		it, ok := one(r)
		if !ok {
			return ""
		}
		return convert(it, String, what).Str
	}
}

// required is text for an argument of type xs:string.
func (c *Compiler) required(x *code, what string) func(*Run) string {
	if x.konst && len(x.val) == 1 {
		return c.text(x, what)
	}
	one := x.asOne()
	return func(r *Run) string {
		it, ok := one(r)
		if !ok {
			raise("XPTY0004", "an empty sequence where %s needs text", what)
		}
		return convert(it, String, what).Str
	}
}

// textOrSelf is the text of the argument, or of the context item without one.
func (c *Compiler) textOrSelf(args []*code, what string, s scope) (func(*Run) string, deps) {
	if len(args) > 0 {
		return c.text(args[0], what), noDeps()
	}
	d := c.dot(s)
	if d.kinds == anyNode {
		return func(r *Run) string { return r.doc.Text(r.contextNode()) }, d.deps
	}
	fill := d.asSeq()
	return func(r *Run) string {
		m := len(r.items)
		fill(r)
		it := r.items[m]
		r.items = r.items[:m]
		return it.text()
	}, d.deps
}

func strCode(f func(*Run) string) *code {
	x := fresh(1 << String)
	x.str = func(r *Run) (string, bool) { return f(r), true }
	return x
}

func boolCode(f func(*Run) bool) *code {
	x := fresh(1 << Boolean)
	x.truth = f
	return x
}

func intCode(f func(*Run) int) *code {
	x := fresh(1 << Integer)
	x.number = f
	x.one = func(r *Run) (Item, bool) { return intItem(f(r)), true }
	return x
}

func text1(name string, f func(string) string) builtin {
	return builtin{1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		a := c.text(args[0], name)
		return strCode(func(r *Run) string { return f(a(r)) })
	}, false}
}

func text2(name string, f func(a, b string) string) builtin {
	return builtin{2, 3, func(c *Compiler, e *callExpr, args []*code, _ scope) *code {
		codepointCollation(args)
		a, b := c.text(args[0], name), c.text(args[1], name)
		return strCode(func(r *Run) string { return f(a(r), b(r)) })
	}, false}
}

func test2(name string, f func(a, b string) bool) builtin {
	return builtin{2, 3, func(c *Compiler, e *callExpr, args []*code, _ scope) *code {
		codepointCollation(args)
		a, b := c.text(args[0], name), c.text(args[1], name)
		return boolCode(func(r *Run) bool { return f(a(r), b(r)) })
	}, false}
}

// codepointCollation refuses any collation but the default in the third argument.
func codepointCollation(args []*code) {
	if len(args) == 3 {
		v := args[2]
		if !v.konst || len(v.val) != 1 || v.val[0].Str != fnSpace+"/collation/codepoint" {
			raise(codeUnsupported, "collations")
		}
	}
}

// builtins are the standard functions by name.
func builtins() map[string]builtin {
	all := map[string]builtin{}
	for _, table := range []map[string]builtin{textFunctions(), sequenceFunctions(), numberFunctions(), nodeFunctions(), temporalFunctions()} {
		maps.Copy(all, table)
	}
	return all
}
