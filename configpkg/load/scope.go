package load

import (
	"maps"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// scope is a place of the package as the compiler of formulas sees it: which
// names are in sight, with their types. Scopes are read-only; with and the
// like return a new one. What is compiled reports its problems to the loader.
type scope struct {
	l    *loader
	decl *formula.Decl
	lets []engine.Let
}

// base returns the scope of everywhere: document ext entity context param
// const and the tables.
func (l *loader) base() *scope {
	return &scope{l: l, decl: &formula.Decl{Strict: true, Tables: l.tableTypes, Names: maps.Clone(l.common)}}
}

func (s *scope) clone() *scope {
	d := *s.decl
	d.Names = maps.Clone(s.decl.Names)
	return &scope{l: s.l, decl: &d, lets: s.lets}
}

// given returns s where what the condition p asks for is there.
func (s *scope) given(p *formula.Program) *scope { return s.present(p.Holds()) }

// givenBy is given for a condition that is compiled later.
func (s *scope) givenBy(n *yml.Node) *scope {
	if n == nil || n.Kind != yml.Scalar {
		return s
	}
	return s.present(formula.Holds(n.Text, s.foreign(n.Pos.File).decl))
}

// present returns s where what the paths lead to is there.
func (s *scope) present(paths []string) *scope {
	if len(paths) == 0 {
		return s
	}
	c := s.clone()
	c.decl.Present = maps.Clone(s.decl.Present)
	if c.decl.Present == nil {
		c.decl.Present = map[string]bool{}
	}
	for _, p := range paths {
		c.decl.Present[p] = true
	}
	return c
}

// lenient returns s where arithmetic on what is absent gives unknown.
func (s *scope) lenient() *scope {
	c := s.clone()
	c.decl.Lenient = true
	return c
}

// factOf returns what is known of a name with that value.
func factOf(e engine.Expr) (formula.Fact, bool) {
	v, ok := e.(*formula.Value)
	if !ok || v.Program() == nil {
		return formula.Fact{}, false
	}
	f := v.Program().Fact()
	return f, f.Path != "" || len(f.Holds)+len(f.Needs) > 0
}

// with returns s with one more name in sight.
func (s *scope) with(name string, t formula.Type) *scope {
	c := s.clone()
	c.decl.Names[name] = t
	return c
}

// without returns s with names out of sight.
func (s *scope) without(names ...string) *scope {
	c := s.clone()
	for _, n := range names {
		delete(c.decl.Names, n)
	}
	return c
}

// foreign returns s as a file of an imported package sees it, or s for one of
// the package itself.
func (s *scope) foreign(file string) *scope {
	prefix := s.l.importedBy(file)
	if prefix == s.decl.TablesOf {
		return s
	}
	c := s.without("param", "const", "ext")
	c.decl.TablesOf = prefix
	return c
}

// reader returns s where at, nodes, source, has and header with one argument
// read what came in.
func (s *scope) reader() *scope {
	c := s.clone()
	c.decl.Reader = true
	return c
}

// inputs returns s with "input" in sight, a map of the declared inputs.
func (s *scope) inputs(inputs []engine.Input) *scope {
	fields := map[string]formula.Type{}
	for _, in := range inputs {
		t := in.Type
		if in.Required {
			t = t.Required()
		} else if t.Kind() != formula.AnyKind {
			t = t.Gap()
		}
		fields[in.Name] = t
	}
	return s.with("input", formula.MapOf(fields, false).Named("input").Required())
}

// value compiles n by the value rule; nil after a problem or for nil.
func (s *scope) value(n *yml.Node) *formula.Value {
	if n == nil {
		return nil
	}
	v, problems := yml.Value(n, s.foreign(n.Pos.File).decl)
	s.l.take(problems)
	return v
}

// expr compiles n by the value rule, or as a structure of the node language
// when it uses one of its words; nil after a problem or for nil.
func (s *scope) expr(n *yml.Node) engine.Expr {
	if n == nil {
		return nil
	}
	if structured(n) {
		if d := s.l.data(s, n); d != nil {
			return d
		}
		return nil
	}
	if v := s.value(n); v != nil {
		return v
	}
	return nil
}

// structured reports whether n uses a word of the node language.
func structured(n *yml.Node) bool {
	for _, e := range n.Entries {
		if strings.HasPrefix(e.Key, "$") || structured(e.Value) {
			return true
		}
	}
	for _, m := range n.Items {
		if structured(m) {
			return true
		}
	}
	return false
}

// condition compiles a scalar that is always a formula; nil after a problem
// or for nil.
func (s *scope) condition(n *yml.Node) *formula.Program {
	if n == nil {
		return nil
	}
	p, problems := yml.Condition(n, s.foreign(n.Pos.File).decl)
	s.l.take(problems)
	return p
}

// formula compiles a scalar with "=" in front; nil after a problem or for nil.
func (s *scope) formula(n *yml.Node) *formula.Program {
	if n == nil {
		return nil
	}
	if !strings.HasPrefix(n.Text, "=") {
		s.l.fault(n.TextPos(), RuleFormula, `put "=" in front`, "a formula is wanted here, not a literal text")
		return nil
	}
	return s.tail(n, 1)
}

// path compiles a scalar that is a dotted path, written without "=".
func (s *scope) path(n *yml.Node) *formula.Program {
	if n == nil {
		return nil
	}
	if strings.HasPrefix(n.Text, "=") {
		return s.tail(n, 1)
	}
	return s.tail(n, 0)
}

// tail compiles what stands in n from code point offset on.
func (s *scope) tail(n *yml.Node, offset int) *formula.Program {
	p, problems := n.Formula(offset, s.foreign(n.Pos.File).decl)
	s.l.take(problems)
	return p
}

// loop reads "x in f" or "x, i in f". It returns the scope inside the loop.
func (s *scope) loop(n *yml.Node) (item, index string, in *formula.Program, inside *scope) {
	head, _, found := strings.Cut(n.Text, " in ")
	names := strings.Split(head, ",")
	if !found || len(names) > 2 {
		s.l.fault(n.TextPos(), RuleLoop, `write "x in list" or "x, i in list"`, "%q is no loop", n.Text)
		return "", "", nil, s
	}
	item = strings.TrimSpace(names[0])
	ok := s.l.variable(item, n.TextPos(), "loop")
	if len(names) == 2 {
		index = strings.TrimSpace(names[1])
		ok = s.l.variable(index, n.TextPos(), "loop") && ok
	}
	in = s.tail(n, len([]rune(head))+len(" in "))
	inside = s.clone()
	if ok {
		inside.decl.Names[item] = formula.Any
		if in != nil {
			s.listed(in, n)
			inside.decl.Names[item] = in.Type().Elem().Required()
		}
		if index != "" {
			inside.decl.Names[index] = formula.Integer.Required()
		}
	}
	return item, index, in, inside
}

// listed reports a loop over what is no list.
func (s *scope) listed(in *formula.Program, n *yml.Node) {
	switch in.Type().Kind() {
	case formula.AnyKind, formula.ListKind, formula.AbsentKind, formula.MapKind, formula.TreeKind:
	default:
		s.l.fault(in.Pos(), RuleLoop, "", "a loop goes over a list, not over a %s", in.Type())
	}
}

// typeOf returns the static type of an expression.
func typeOf(e engine.Expr) formula.Type {
	switch e := e.(type) {
	case *formula.Value:
		if e != nil {
			return e.Type()
		}
	case interface{ Type() formula.Type }:
		return e.Type()
	}
	return formula.Any
}

// refsOf returns the names an expression reads.
func refsOf(e engine.Expr) [][]string {
	switch e := e.(type) {
	case *formula.Value:
		if e != nil {
			return e.Refs()
		}
	case interface{ Refs() [][]string }:
		return e.Refs()
	}
	return nil
}

// letAll reads a map of names to values, each compiled in s: with, fields,
// outputs, input.
func (s *scope) letAll(entries []yml.Entry, check func(yml.Entry)) []engine.Let {
	lets := make([]engine.Let, 0, len(entries))
	for _, e := range entries {
		if check != nil {
			check(e)
		}
		if x := s.expr(e.Value); x != nil {
			lets = append(lets, engine.Let{Name: e.Key, Value: x, Pos: e.KeyPos})
		}
	}
	return lets
}
