package load

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// mapping compiles a mapping file, once; nil after a grave problem. It becomes
// one of the mappings of the package.
func (l *loader) mapping(u *unit) *nodes.Mapping {
	if !u.done {
		u.done = true
		if m := l.mappingIn(u, l.mappingScope(u)); m != nil {
			l.pkg.Mappings[u.path] = m
		}
	}
	return l.pkg.Mappings[u.path]
}

// mappingScope returns the names the formulas of a mapping file see: those of
// everywhere, in the replies of a simulator those of simulators.
func (l *loader) mappingScope(u *unit) *scope {
	if !strings.HasPrefix(u.path, "simulator/") {
		return l.baseOf(u.path)
	}
	s := l.base().without("document", "ext", "entity", "param").reader()
	s.decl.Simulator = true
	for _, name := range []string{"keep", "path", "member", "results"} {
		s.decl.Names[name] = formula.Any
	}
	s.decl.Names["now"], s.decl.Names["scenario"] = formula.Instant.Required(), formula.String
	return s
}

// mappingIn compiles a mapping file whose formulas see the names of s.
func (l *loader) mappingIn(u *unit, s *scope) *nodes.Mapping {
	return l.mappingAt(&nodes.Mapping{File: u.path, Pos: u.node.Pos}, u.node, "mapping", s)
}

// mappingAt compiles the mapping in n, which may extend another one.
func (l *loader) mappingAt(m *nodes.Mapping, n *yml.Node, shape string, s *scope) *nodes.Mapping {
	whole, given := n, []*yml.Node(nil)
	if n.Entry("extends") != nil {
		before := len(l.problems)
		if whole, given = l.extended(n, nil); l.problems[before:].Grave() {
			return nil
		}
	}
	o := l.object(whole, shape)
	if !o.ok() {
		return nil
	}
	if n := o.get("mapping"); n != nil {
		l.name(n.Text, n.TextPos(), "mapping")
	}
	if m.Name = o.word("mapping"); m.Name == "" {
		m.Name = "inline"
	}
	return l.mappingOf(m, o, s, given)
}

// mappingGiven returns the mapping that stands behind a parameter: a file of
// the package, or the content itself. What stands in a step sees the names of
// everywhere and original, not the steps and lets of the flow.
func (l *loader) mappingGiven(s *scope, n *yml.Node) *nodes.Mapping {
	switch {
	case n == nil:
		return nil
	case n.Kind == yml.Scalar && !n.Empty() && !strings.HasPrefix(n.Text, "="):
		if u := l.lookUp(n.Text, "mapping", n.TextPos()); u != nil {
			return l.mapping(u)
		}
		return nil
	case n.Kind == yml.Map:
		inner := l.baseOf(n.Pos.File)
		if t, ok := s.decl.Names["original"]; ok {
			inner = inner.with("original", t)
		}
		return l.mappingAt(&nodes.Mapping{File: n.Pos.File, Pos: n.Pos}, n, "inline mapping", inner)
	}
	l.fault(n.Pos, RuleKind, "write mappings/name.yaml", "a mapping is named by its file, or stands here as a map")
	return nil
}

// InlineName is the name of mappings that stand in a step or a simulator.
const InlineName = "inline"

// inlineMapping compiles content that stands where a mapping could: the root
// alone, of format xml or json. It sees the names of s.
func (l *loader) inlineMapping(s *scope, format string, n *yml.Node) *nodes.Mapping {
	m := &nodes.Mapping{Name: InlineName, File: n.Pos.File, Pos: n.Pos, Format: nodes.Format(format)}
	before := len(l.problems)
	c := &nodeCompiler{l: l, xml: m.Format == nodes.XML, base: s}
	m.Root = c.top(n, s)
	return l.whole(m, before)
}

// mappingRefs returns the names that the formulas of an inline mapping read.
func mappingRefs(m *nodes.Mapping) [][]string {
	if m.Root == nil {
		return nil
	}
	return (&nodes.Data{Node: m.Root}).Refs()
}

// whole prepares the mapping, unless it has problems already.
func (l *loader) whole(m *nodes.Mapping, before int) *nodes.Mapping {
	if l.problems[before:].Grave() {
		return nil
	}
	found := m.Prepare()
	if l.take(found); found.Grave() {
		return nil
	}
	return m
}

func (l *loader) mappingOf(m *nodes.Mapping, o object, s *scope, given []*yml.Node) *nodes.Mapping {
	if o.bad["format"] || o.bad["extends"] {
		return nil // not built yet, which was said
	}
	before := len(l.problems)
	m.Format = nodes.Format(o.word("format"))
	m.Inputs = l.declared(o, "inputs")
	for _, e := range o.entries("namespaces") {
		m.Namespaces = append(m.Namespaces, nodes.Namespace{Prefix: e.Key, URI: e.Value.Text, Pos: e.KeyPos})
	}
	inner := s.inputs(m.Inputs)
	for _, n := range given {
		lets := l.inputsGiven(s, n, allowed(m.Inputs, n), n.Pos, "the mapping it extends")
		m.Given, m.Inputs = append(m.Given, nodeLets(lets)...), withoutGiven(m.Inputs, lets)
	}
	lets, inner := inner.letting(o)
	m.Let = nodeLets(lets)
	m.Formats = l.formats(o, inner)
	c := &nodeCompiler{l: l, xml: m.Format == nodes.XML, base: s, own: l.fragmentMap(o.get("fragments"))}
	m.Defaults = c.defaults(o, inner)
	l.mappingText(m, o, inner)
	if n := o.get("root"); n != nil {
		m.Root = c.top(n, inner)
	}
	switch m.Format {
	case nodes.List:
		l.listMapping(m, o, inner)
	case nodes.CSV, nodes.Fix:
		l.rowMapping(m, o, c, inner)
	default:
		l.parts(m, o, c, s)
	}
	return l.whole(m, before)
}

// parts compiles the small messages of a file.
func (l *loader) parts(m *nodes.Mapping, o object, c *nodeCompiler, s *scope) {
	n := o.get("parts")
	if n == nil {
		return
	}
	if n.Kind != yml.Map {
		l.fault(n.Pos, RuleKind, "write parts: {name: {root: ...}}", "parts is a map, not a %s", n.Kind)
		return
	}
	m.Parts = map[string]*nodes.Part{}
	for _, e := range n.Entries {
		p := l.object(e.Value, "part of mapping")
		if !p.ok() {
			continue
		}
		part := &nodes.Part{Name: l.name(e.Key, e.KeyPos, "part"), Inputs: l.declared(p, "inputs"), Pos: e.KeyPos}
		inner := s.inputs(slices.Concat(m.Inputs, part.Inputs))
		_, inner = inner.letting(o)
		lets, inner := inner.letting(p)
		part.Let = nodeLets(lets)
		if root := p.get("root"); root != nil {
			part.Root = c.top(root, inner)
			m.Parts[e.Key] = part
		}
	}
}

// formats reads how values of schema types are written.
func (l *loader) formats(o object, s *scope) map[string]*nodes.Layout {
	all := map[string]*nodes.Layout{}
	for _, e := range o.entries("formats") {
		f := l.object(e.Value, "format")
		if !f.ok() {
			continue
		}
		layout := &nodes.Layout{Pos: e.KeyPos}
		if n := f.get("decimals"); n != nil {
			l.decimals(layout, n)
		}
		if n := f.get("pattern"); n != nil {
			p, err := civil.Compile(n.Text)
			if err != nil {
				l.fault(n.TextPos(), RuleWord, "letters of LDML: yyyy-MM-dd'T'HH:mm:ssxxx", "pattern %v", err)
			}
			layout.Pattern = p
		}
		if n := f.get("zone"); n != nil {
			layout.Zone = l.zone(s, n)
		}
		all[e.Key] = layout
	}
	return all
}

func (l *loader) decimals(layout *nodes.Layout, n *yml.Node) {
	if len(n.Items) == 2 {
		least, err := strconv.Atoi(n.Items[0].Text)
		most, err2 := strconv.Atoi(n.Items[1].Text)
		if err == nil && err2 == nil && 0 <= least && least <= most && most <= 40 {
			layout.Decimals, layout.Min, layout.Max = true, least, most
			return
		}
	}
	l.fault(n.Pos, RuleWord, "write [2, 2]", "decimals are the fewest and the most digits behind the point")
}

func (l *loader) zone(s *scope, n *yml.Node) *formula.Value {
	v := s.value(n)
	if v == nil {
		return nil
	}
	if x, constant := v.Constant(); constant {
		name, _ := x.(string)
		if _, err := civil.Zone(name); err != nil {
			l.fault(n.TextPos(), RuleWord, "write a name such as Europe/Madrid, or +01:00", "time zone %v", err)
		}
	}
	return l.fit(v, formula.String, "a time zone")
}

// mappingText reads the text rule, or the template of format text.
func (l *loader) mappingText(m *nodes.Mapping, o object, s *scope) {
	n := o.get("text")
	switch {
	case n == nil:
	case m.Format == nodes.Text && n.Kind != yml.Scalar:
		l.fault(n.Pos, RuleKind, "", "the template is a text, not a %s", n.Kind)
	case m.Format == nodes.Text:
		m.Template = s.value(n)
	default:
		m.Text = l.textRule(n)
	}
}

func (l *loader) textRule(n *yml.Node) *nodes.TextRule {
	o := l.object(n, "text rule")
	if !o.ok() {
		return nil
	}
	t := &nodes.TextRule{Trim: o.flag("trim", false), Collapse: o.flag("collapse", false), Allow: o.word("allow"), Pos: n.Pos}
	if other := o.get("other"); other != nil {
		t.Other = &other.Text
	}
	if file := o.get("replace"); file != nil {
		t.Replace = l.replacements(file)
	}
	return t
}

// replacements reads a CSV file with the columns from and to. A character is
// written itself or as U+201C.
func (l *loader) replacements(file *yml.Node) map[rune]string {
	rows, ok := l.csv(file.Text, file.TextPos())
	if !ok {
		return nil
	}
	at, ok := l.columns(rows, []string{"from", "to"}, nil)
	if !ok {
		return nil
	}
	all := map[rune]string{}
	for _, r := range rows[1:] {
		from, ok := oneRune(r.cells[at["from"]])
		if !ok {
			l.fault(r.at(at["from"]), RuleCell, "write the character, or U+201C", "%q is not one character", r.cells[at["from"]])
			continue
		}
		if _, twice := all[from]; twice {
			l.fault(r.at(at["from"]), RuleTwice, "", "character %U is replaced twice", from)
		}
		all[from] = spelled(r.cells[at["to"]])
	}
	return all
}

func oneRune(text string) (rune, bool) {
	text = spelled(text)
	r, size := utf8.DecodeRuneInString(text)
	return r, size > 0 && size == len(text)
}

// spelled returns the character that U+201C spells, other texts as they are.
func spelled(text string) string {
	digits, ok := strings.CutPrefix(text, "U+")
	if !ok || len(digits) < 4 || len(digits) > 6 {
		return text
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return text
	}
	return string(rune(n))
}

// partOf checks that a mapping has the part that is named.
func (l *loader) partOf(m *nodes.Mapping, n *yml.Node) {
	if m.Parts[n.Text] == nil {
		l.fault(n.TextPos(), RulePart, diag.DidYouMean(n.Text, sortedNames(m.Parts)), "mapping %s has no part %q", m.File, n.Text)
	}
}
