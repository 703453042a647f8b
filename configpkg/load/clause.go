package load

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// applying compiles which documents a flow is for.
func (l *loader) applying(f *flowUnit, s *scope) {
	s = s.without("state", "original", "item", "envelope", "members", "batch", "input")
	if n := f.o.get("applies"); n != nil {
		f.flow.Applies = l.clause(s, n)
	}
	f.flow.When = s.lenient().condition(f.o.get("when"))
}

// clause compiles a part of applies: all, any, not, or a field with exactly
// one comparison.
func (l *loader) clause(s *scope, n *yml.Node) *engine.Clause {
	o := l.object(n, "clause")
	if !o.ok() {
		return nil
	}
	var ops []string
	for _, e := range n.Entries {
		if e.Key != "field" && o.shape.key(e.Key) != nil {
			ops = append(ops, e.Key)
		}
	}
	if len(ops) != 1 {
		l.fault(n.Pos, RuleClause, "write one comparison with its field, or all, any or not", "a clause with %d comparisons", len(ops))
		return nil
	}
	c := &engine.Clause{Op: ops[0], Pos: n.Pos}
	switch c.Op {
	case "all", "any":
		l.clauses(s, c, o)
	case "not":
		if sub := l.clause(s, o.get("not")); sub != nil {
			c.Sub = []*engine.Clause{sub}
		}
	default:
		l.comparison(s, c, o)
		return c
	}
	if o.has("field") {
		l.fault(o.pos("field"), RuleClause, "put the field into the clauses inside", "%s has no field of its own", c.Op)
	}
	return c
}

func (l *loader) clauses(s *scope, c *engine.Clause, o object) {
	for _, m := range o.nodes(c.Op) {
		if sub := l.clause(s, m); sub != nil {
			c.Sub = append(c.Sub, sub)
		}
	}
	if len(o.nodes(c.Op)) == 0 && o.has(c.Op) {
		l.fault(o.pos(c.Op), RuleClause, "", "%s without clauses", c.Op)
	}
}

func (l *loader) comparison(s *scope, c *engine.Clause, o object) {
	n := o.get("field")
	if n == nil {
		l.fault(c.Pos, RuleClause, "add field: document.type, or another path", "%s without a field", c.Op)
		return
	}
	c.Path = n.Text
	if c.Field = s.path(n); c.Field == nil {
		return
	}
	if _, ok := c.Field.Path(); !ok {
		l.fault(n.TextPos(), RuleClause, "put a formula into when", "a field is a path, not a formula")
		return
	}
	if c.Op == "exists" || c.Op == "empty" {
		c.Values = []any{o.flag(c.Op, true)}
		return
	}
	for _, v := range o.nodes(c.Op) {
		l.comparand(c, v)
	}
	if want := o.get(c.Op); c.Op == "between" && want != nil && len(want.Items) != 2 {
		l.fault(want.Pos, RuleClause, "write between: [1, 9]", "between takes two values")
	}
	if want := o.get(c.Op); want != nil && len(o.nodes(c.Op)) == 0 {
		l.fault(want.Pos, RuleClause, "", "%s without values", c.Op)
	}
}

// sure returns the fields that are there in every document c selects.
func sure(c *engine.Clause) (paths []string) {
	switch {
	case c == nil:
	case c.Op == "all":
		for _, sub := range c.Sub {
			paths = append(paths, sure(sub)...)
		}
	case c.Field == nil || c.Op == "empty" || c.Op == "exists" && (len(c.Values) == 0 || c.Values[0] != true):
	default: // over an absent field no comparison is true
		for path := c.Path; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
			paths = append(paths, path)
		}
	}
	return paths
}

// comparand converts a value of a comparison to the type of the field.
func (l *loader) comparand(c *engine.Clause, n *yml.Node) {
	switch c.Op {
	case "matches":
		if _, err := regexp.Compile(n.Text); err != nil {
			l.fault(n.TextPos(), RuleClause, "", "%q is no regular expression", n.Text)
		}
	case "startsWith", "endsWith":
	default:
		t := c.Field.Type()
		switch t.Kind() {
		case formula.MapKind, formula.ListKind, formula.TreeKind, formula.BytesKind, formula.SecretKind:
			l.fault(c.Field.Pos(), RuleClause, "", "a %s cannot be compared with a text", t)
			return
		}
		v, err := t.Convert(n.Text)
		if err != nil {
			l.fault(n.TextPos(), RuleClause, "", "%s: %s", c.Path, cause(err))
			return
		}
		c.Values = append(c.Values, v)
		return
	}
	if k := c.Field.Type().Kind(); k != formula.StringKind && k != formula.TextKind && k != formula.AnyKind {
		l.fault(c.Field.Pos(), RuleClause, "", "%s needs a string, not a %s", c.Op, c.Field.Type())
	}
	c.Values = append(c.Values, n.Text)
}

// narrowed finds which business documents a flow is for, by what its applies
// says of document.type; false if it does not say.
func (l *loader) narrowed(n *yml.Node) (formula.Type, bool) {
	types := l.documentWords(n)
	if len(types) == 0 || len(l.pkg.Documents) < 2 {
		return formula.Any, false
	}
	var ids []string
	for _, id := range l.pkg.Documents {
		if slices.ContainsFunc(types, func(word string) bool { return slices.Contains(l.words(id), word) }) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return formula.Any, false
	}
	return l.anyDocument(ids), true
}

func (l *loader) documentWords(n *yml.Node) (words []string) {
	if n == nil {
		return nil
	}
	if f := n.Get("field"); f != nil && f.Text == "document.type" {
		if is := n.Get("is"); is != nil && is.Kind == yml.Scalar {
			return []string{is.Text}
		}
		if in := n.Get("in"); in != nil {
			for _, m := range in.Items {
				words = append(words, m.Text)
			}
		}
		return words
	}
	if all := n.Get("all"); all != nil {
		for _, m := range all.Items {
			if words = l.documentWords(m); words != nil {
				return words
			}
		}
	}
	return nil
}
