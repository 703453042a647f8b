package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// nodeCompiler compiles the node language: mappings, fragments, structures.
type nodeCompiler struct {
	l    *loader
	xml  bool   // otherwise JSON or a structure
	base *scope // what fragments see
	own  map[string]*fragment
	done map[*fragment]*nodes.Fragment
	busy []*fragment
}

// data compiles a structure of the node language, such as a let or a body.
func (l *loader) data(s *scope, n *yml.Node) engine.Expr {
	before := len(l.problems)
	c := &nodeCompiler{l: l, base: s}
	d := &nodes.Data{Node: c.top(n, s), Pos: n.Pos}
	if l.problems[before:].Grave() {
		return nil
	}
	return d
}

// top compiles what stands at the top: a map, and in JSON a list or a value.
func (c *nodeCompiler) top(n *yml.Node, s *scope) *nodes.Node {
	if c.xml && n.Kind != yml.Map {
		c.l.fault(n.Pos, RuleKind, "write root: {Element: ...}", "the root is a map with one element, not a %s", n.Kind)
		return &nodes.Node{Kind: nodes.Group, Pos: n.Pos}
	}
	return c.entry(n, s)
}

// entry compiles a member of a list, or a root.
func (c *nodeCompiler) entry(n *yml.Node, s *scope) *nodes.Node {
	switch n.Kind {
	case yml.List:
		return c.list(n, s)
	case yml.Map:
		g := &nodes.Node{Kind: nodes.Group, Pos: n.Pos}
		c.fill(g, n, s)
		return g
	}
	return &nodes.Node{Kind: nodes.TextNode, Pos: n.Pos, Value: s.value(n)}
}

// list compiles a list of JSON or of a structure.
func (c *nodeCompiler) list(n *yml.Node, s *scope) *nodes.Node {
	all := &nodes.Node{Kind: nodes.Entries, Pos: n.Pos}
	for _, m := range n.Items {
		all.Children = append(all.Children, c.entry(m, s))
	}
	return all
}

// words are the words of the node language that stand in a map.
var nodeWords = []string{"$text", "$if", "$for", "$let", "$switch", "$cases", "$use", "$raw", "$keep", "$seq", "$group"}

// word cuts a key into the word and its suffix; false if it is a name.
func word(key string) (head, suffix string, ok bool) {
	if !strings.HasPrefix(key, "$") {
		return "", "", false
	}
	head, suffix, _ = strings.Cut(key, ".")
	return head, suffix, true
}

// fill compiles the content of an element, a member or a group into n.
func (c *nodeCompiler) fill(n *nodes.Node, y *yml.Node, s *scope) {
	switch y.Kind {
	case yml.Scalar:
		n.Value = s.value(y)
		return
	case yml.List:
		if c.xml {
			c.l.fault(y.Pos, RuleKind, "", "a list has no place here")
			return
		}
		n.Children = append(n.Children, c.list(y, s))
		return
	}
	s = c.modifiers(n, y, s)
	for _, e := range y.Entries {
		head, suffix, special := word(e.Key)
		if head == "" {
			head = e.Key
		}
		switch {
		case special:
			c.special(n, y, e, head, suffix, s)
		case strings.TrimSuffix(head, suffixOf(e.Key)) == "with" && usesWith(y, e.Key):
		case c.xml && strings.HasPrefix(e.Key, "@"):
			n.Children = append(n.Children, c.attribute(e, s))
		default:
			n.Children = append(n.Children, c.element(e, s))
		}
	}
}

// suffixOf returns ".b" of "with.b".
func suffixOf(key string) string {
	if i := strings.IndexByte(key, '.'); i >= 0 {
		return key[i:]
	}
	return ""
}

// usesWith reports whether key is the with of a $use in y.
func usesWith(y *yml.Node, key string) bool { return y.Entry("$use"+suffixOf(key)) != nil }

// modifiers compiles $for, $let, $if and $keep of y into n, in this order. It
// returns the scope inside.
func (c *nodeCompiler) modifiers(n *nodes.Node, y *yml.Node, s *scope) *scope {
	if f := c.scalar(y, "$for"); f != nil {
		item, index, in, inside := s.loop(f)
		if in != nil {
			n.For = &nodes.For{Item: item, Index: index, In: in}
		}
		s = inside
	}
	if y.Get("$let") != nil {
		s = s.givenBy(y.Get("$if"))
	}
	if f := y.Get("$let"); f != nil {
		if f.Kind != yml.Map {
			c.l.fault(f.Pos, RuleKind, "write $let: {name: value}", "$let is a map, not a %s", f.Kind)
		} else {
			lets, inside := s.letting(object{l: c.l, node: &yml.Node{Kind: yml.Map, Pos: f.Pos, Entries: []yml.Entry{{Key: "let", Value: f}}}})
			n.Let, s = nodeLets(lets), inside
		}
	}
	if f := c.scalar(y, "$if"); f != nil {
		n.If = s.condition(f)
		s = s.given(n.If)
	}
	if f := c.scalar(y, "$keep"); f != nil {
		n.Keep = f.Text == "true"
		if f.Text != "true" && f.Text != "false" {
			c.l.fault(f.TextPos(), RuleWord, "write true", "%q is no value of $keep", f.Text)
		}
	}
	return s
}

// scalar returns the text behind a word, or nil.
func (c *nodeCompiler) scalar(y *yml.Node, key string) *yml.Node {
	f := y.Get(key)
	if f != nil && (f.Kind != yml.Scalar || f.Empty()) {
		c.l.fault(f.Pos, RuleKind, "", "%s is a text, not a %s", key, said(f))
		return nil
	}
	return f
}

// special compiles a word of the node language that stands in y.
func (c *nodeCompiler) special(n *nodes.Node, y *yml.Node, e yml.Entry, head, suffix string, s *scope) {
	add := func(x *nodes.Node) { n.Children = append(n.Children, x) }
	switch head {
	case "$for", "$let", "$if", "$keep":
		if suffix != "" {
			c.l.fault(e.KeyPos, RuleUnknownKey, "put it into a $group", "%s takes no suffix", head)
		}
	case "$text":
		c.text(n, e, s)
	case "$group":
		g := &nodes.Node{Kind: nodes.Group, Pos: e.KeyPos}
		if e.Value.Kind == yml.Scalar {
			c.l.fault(e.Value.Pos, RuleKind, "", "$group is a map, not a text")
			return
		}
		c.fill(g, e.Value, s)
		add(g)
	case "$seq":
		add(c.sequence(e, s))
	case "$switch":
		add(c.choice(y, e, suffix, s))
	case "$cases":
		if y.Entry("$switch"+suffixOf(e.Key)) == nil {
			c.l.fault(e.KeyPos, RuleMissing, "", "$cases without its $switch")
		}
	case "$use":
		if u := c.use(y, e, s); u != nil {
			add(u)
		}
	case "$raw":
		add(&nodes.Node{Kind: nodes.RawNode, Pos: e.KeyPos, Raw: c.bytes(e.Value, s)})
	default:
		c.l.fault(e.KeyPos, RuleUnknownKey, diag.DidYouMean(head, nodeWords), "unknown word %q of the node language", e.Key)
	}
}

// text is the text of an element, or a text among the children of a group.
func (c *nodeCompiler) text(n *nodes.Node, e yml.Entry, s *scope) {
	if e.Value.Kind != yml.Scalar {
		c.l.fault(e.Value.Pos, RuleKind, "", "$text is a text, not a %s", e.Value.Kind)
		return
	}
	v := s.value(e.Value)
	if n.Kind == nodes.Group {
		n.Children = append(n.Children, &nodes.Node{Kind: nodes.TextNode, Pos: e.KeyPos, Value: v})
		return
	}
	n.Value = v
}

func (c *nodeCompiler) bytes(y *yml.Node, s *scope) *formula.Value {
	v := s.value(y)
	if v == nil {
		return nil
	}
	switch k := v.Type().Kind(); k {
	case formula.AnyKind, formula.AbsentKind, formula.BytesKind, formula.TreeKind, formula.ListKind:
		return v
	default:
		c.l.fault(v.Pos(), RuleType, "bytes(text) makes bytes of a text", "$raw takes bytes, not a %s", v.Type())
		return nil
	}
}

// element compiles a child by name; a list repeats it.
func (c *nodeCompiler) element(e yml.Entry, s *scope) *nodes.Node {
	if !c.xml || e.Value.Kind != yml.List {
		n := &nodes.Node{Kind: nodes.Element, Name: e.Key, Pos: e.KeyPos}
		c.fill(n, e.Value, s)
		return n
	}
	all := &nodes.Node{Kind: nodes.Group, Pos: e.KeyPos}
	for i, m := range e.Value.Items {
		n := &nodes.Node{Kind: nodes.Element, Name: e.Key, Pos: m.Pos, Nth: i + 1}
		c.fill(n, m, s)
		all.Children = append(all.Children, n)
	}
	return all
}

func (c *nodeCompiler) attribute(e yml.Entry, s *scope) *nodes.Node {
	n := &nodes.Node{Kind: nodes.Attribute, Name: e.Key[1:], Pos: e.KeyPos}
	if e.Value.Kind == yml.Map {
		for _, x := range e.Value.Entries {
			if !slices.Contains([]string{"$text", "$if", "$keep"}, x.Key) {
				c.l.fault(x.KeyPos, RuleUnknownKey, "an attribute has $text, $if and $keep", "unknown key %q of an attribute", x.Key)
				return n
			}
		}
	}
	if e.Value.Kind == yml.List {
		c.l.fault(e.Value.Pos, RuleKind, "", "an attribute is a text, not a list")
		return n
	}
	if c.fill(n, e.Value, s); n.Value == nil {
		n.Value = formula.Literal(nil, e.KeyPos)
	}
	return n
}

// sequence compiles $seq: a list of maps with one key each, or texts.
func (c *nodeCompiler) sequence(e yml.Entry, s *scope) *nodes.Node {
	g := &nodes.Node{Kind: nodes.Group, Pos: e.KeyPos}
	if e.Value.Kind != yml.List {
		c.l.fault(e.Value.Pos, RuleKind, "write $seq: [{a: ...}, {b: ...}]", "$seq is a list, not a %s", e.Value.Kind)
		return g
	}
	for _, m := range e.Value.Items {
		if m.Kind == yml.Map && len(m.Entries) != 1 {
			c.l.fault(m.Pos, RuleKind, "", "a member of $seq has one key")
			continue
		}
		if m.Kind == yml.List {
			c.l.fault(m.Pos, RuleKind, "", "a member of $seq is a map with one key, not a list")
			continue
		}
		g.Children = append(g.Children, c.entry(m, s))
	}
	return g
}

// choice compiles $switch with its $cases.
func (c *nodeCompiler) choice(y *yml.Node, e yml.Entry, suffix string, s *scope) *nodes.Node {
	n := &nodes.Node{Kind: nodes.Choice, Pos: e.KeyPos, Switch: s.value(e.Value)}
	cases := y.Get("$cases" + suffixOf(e.Key))
	if cases == nil || cases.Kind != yml.Map || len(cases.Entries) == 0 {
		c.l.fault(e.KeyPos, RuleMissing, `write $cases: {"value": ..., else: ...}`, "$switch without its $cases")
		return n
	}
	seen := map[string]bool{}
	for _, x := range cases.Entries {
		one := nodes.Case{Pos: x.KeyPos, Else: x.Key == "else"}
		for _, v := range strings.Split(x.Key, ",") {
			if v = strings.TrimSpace(v); one.Else {
				break
			}
			if seen[v] {
				c.l.fault(x.KeyPos, RuleTwice, "", "the value %q has two cases", v)
			}
			seen[v] = true
			one.Values = append(one.Values, v)
		}
		if !x.Value.Empty() {
			one.Nodes = []*nodes.Node{c.caseOf(x.Value, s)}
		}
		n.Cases = append(n.Cases, one)
	}
	return n
}

func (c *nodeCompiler) caseOf(y *yml.Node, s *scope) *nodes.Node {
	if c.xml && y.Kind == yml.List {
		c.l.fault(y.Pos, RuleKind, "", "a case is a map or a text, not a list")
		return &nodes.Node{Kind: nodes.Group, Pos: y.Pos}
	}
	return c.entry(y, s)
}

// defaults compiles the attributes of elements by name.
func (c *nodeCompiler) defaults(o object, s *scope) []nodes.Default {
	var all []nodes.Default
	for _, e := range o.entries("defaults") {
		d := nodes.Default{Pattern: e.Key, Pos: e.KeyPos}
		if e.Value.Kind != yml.Map {
			c.l.fault(e.Value.Pos, RuleKind, `write {"@name": value}`, "defaults of an element are a map of attributes")
			continue
		}
		for _, a := range e.Value.Entries {
			if !strings.HasPrefix(a.Key, "@") {
				c.l.fault(a.KeyPos, RuleUnknownKey, `write "@name"`, "%q is no attribute", a.Key)
				continue
			}
			d.Attributes = append(d.Attributes, c.attribute(a, s))
		}
		all = append(all, d)
	}
	return all
}
