package load

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// reading compiles a reading file, once; nil after a grave problem. It becomes
// one of the readings of the package.
func (l *loader) reading(u *unit) *reading.Reading {
	if u.done {
		return l.pkg.Readings[u.path]
	}
	u.done = true
	o := l.object(u.node, "reading")
	if !o.ok() {
		return nil
	}
	before := len(l.problems)
	r := &reading.Reading{Name: o.word("reading"), File: u.path, Pos: u.node.Pos, Format: reading.Format(o.word("format")), To: o.word("to"), Inputs: l.declared(o, "inputs")}
	c := &readingCompiler{l: l, r: r, spaces: map[string]string{}, fragments: map[string]yml.Entry{}}
	for _, e := range o.entries("namespaces") {
		c.spaces[e.Key] = e.Value.Text
	}
	for _, e := range o.entries("fragments") {
		c.fragments[l.name(e.Key, e.KeyPos, "fragment")] = e
	}
	c.shared = l.readingFragments(u.path)
	s := l.baseOf(u.path).without("document", "ext", "entity", "param").reader().inputs(r.Inputs)
	s.decl.Spaces = c.spaces
	lets, s := s.letting(o)
	r.Let = nodeLets(lets)
	l.rowsOf(r, o)
	c.match(o, s)
	target, known := l.readingTarget(o)
	if n := o.get("document"); n != nil && known {
		r.Document = c.node(n, target, s)
		c.whole(n)
	}
	c.ignored(o)
	if name, data := strings.ReplaceAll(l.pkg.Family(), "/", "_"), l.pkg.ExtensionJSON; data != nil {
		if schema, err := document.CompileSchema(l.pkg.ID, data); err == nil {
			r.Extensions = map[string]*document.Schema{name: schema}
		}
	}
	if !l.problems[before:].Grave() {
		l.pkg.Readings[u.path] = r
	}
	return l.pkg.Readings[u.path]
}

// readingFragments returns the pieces that all readings of the package may use:
// those of files of kind fragments in readings/. They are compiled anew for
// each reading, whose prefixes and names they see.
func (l *loader) readingFragments(file string) map[string]yml.Entry {
	all := map[string]yml.Entry{}
	for _, u := range append(l.byKind("fragments"), l.foreignOf("fragments")...) {
		if folderOf(u.path) != "readings" || u.name.Kind != yml.Map || l.importedBy(u.path) != l.importedBy(file) {
			continue
		}
		for _, e := range u.name.Entries {
			if first, twice := all[e.Key]; twice {
				l.fault(e.KeyPos, RuleTwice, "", "fragment %q stands here and in %s", e.Key, first.KeyPos)
			}
			all[l.name(e.Key, e.KeyPos, "fragment")] = e
		}
	}
	return all
}

// readingTarget returns the type of what a reading makes: a business document,
// or the named values under fields.
func (l *loader) readingTarget(o object) (formula.Type, bool) {
	to, fields := o.get("to"), o.get("fields")
	if count(to != nil, fields != nil) != 1 {
		l.fault(o.node.Pos, RuleMissing, "to: invoice/1, or fields: {name: type}", "a reading has either to or fields")
		return formula.Any, false
	}
	if fields != nil {
		all := map[string]formula.Type{}
		for _, in := range l.declared(o, "fields") {
			all[in.Name] = in.Type
		}
		return formula.MapOf(all, false).Named("fields"), true
	}
	t, err := documentType(to.Text)
	if err != nil || strings.Contains(to.Text, "#") {
		l.fault(to.TextPos(), RuleDocument, "", "no business document %q", to.Text)
		return formula.Any, false
	}
	return t, true
}

// rowsOf reads how lines become cells.
func (l *loader) rowsOf(r *reading.Reading, o object) {
	if n := o.get("csv"); n != nil {
		x := l.object(n, "csv")
		if r.Format != reading.CSV {
			l.fault(n.Pos, RuleKind, "format: csv", "csv stands in a reading of format csv")
		}
		r.Rows = reading.Rows{Header: x.flag("header", true), Encoding: x.word("encoding"), Decimal: x.word("decimal"), Separator: ','}
		if sep := x.get("separator"); sep != nil {
			one, size := utf8.DecodeRuneInString(sep.Text)
			if size != len(sep.Text) {
				l.fault(sep.TextPos(), RuleWord, `";", or "\t" for a tab`, "a separator is one character")
			}
			r.Rows.Separator = one
		}
		l.encoding(x)
	} else if r.Format == reading.CSV {
		r.Rows = reading.Rows{Header: true, Separator: ','}
	}
	if n := o.get("lines"); n != nil {
		x := l.object(n, "lines of reading")
		r.Rows.Encoding, r.Rows.Decimal = x.word("encoding"), x.word("decimal")
		l.encoding(x)
	}
	for _, n := range o.nodes("columns") {
		x := l.object(n, "column of reading")
		r.Rows.Columns = append(r.Rows.Columns, reading.Column{Name: x.word("name"), Width: x.number("width", 1, 0)})
		if r.Format == reading.Fixed && x.ok() && !x.has("width") {
			l.fault(n.Pos, RuleMissing, "", "a column of fixed lines has a width")
		}
	}
	if (r.Format == reading.Fixed || r.Format == reading.CSV && !r.Rows.Header) && len(r.Rows.Columns) == 0 {
		l.fault(o.node.Pos, RuleMissing, "columns: [{name: number, width: 10}]", "the columns have no names")
	}
}

func (l *loader) encoding(o object) {
	if n := o.get("encoding"); n != nil && !reading.KnownEncoding(n.Text) {
		l.fault(n.TextPos(), RuleWord, "such as utf-8 or windows-1252", "no encoding %q", n.Text)
	}
}

// readingCompiler compiles the document of one reading.
type readingCompiler struct {
	l         *loader
	r         *reading.Reading
	spaces    map[string]string
	fragments map[string]yml.Entry
	shared    map[string]yml.Entry // of files of fragments in readings/
	used      []string
	busy      []string
}

func (c *readingCompiler) path(n *yml.Node) *treepath.Path {
	return c.pathOf(n.Text, n.TextPos())
}

func (c *readingCompiler) pathOf(text string, pos diag.Pos) *treepath.Path {
	p, err := treepath.Compile(text, c.spaces)
	if err != nil {
		c.l.fault(pos, RulePath, "", "%v", err)
	}
	return p
}

func (c *readingCompiler) match(o object, s *scope) {
	n := o.get("match")
	if n == nil {
		return
	}
	m, x := &c.r.Match, c.l.object(n, "match of reading")
	m.Roots, m.Namespaces, m.Columns = x.list("root"), x.list("namespace"), x.list("columns")
	for _, f := range x.nodes("fields") {
		m.Fields = append(m.Fields, c.path(f))
	}
	for _, e := range x.entries("at") {
		m.At = append(m.At, reading.At{Path: c.pathOf(e.Key, e.KeyPos), Text: e.Value.Text})
	}
	m.When = s.condition(x.get("when"))
	for key, format := range map[string][]reading.Format{"root": {reading.XML}, "namespace": {reading.XML}, "columns": {reading.CSV, reading.Fixed}} {
		if x.ok() && x.has(key) && !slices.Contains(format, c.r.Format) {
			c.l.fault(x.pos(key), RuleKind, "", "a reading of format %s has no %s to match", c.r.Format, key)
		}
	}
}

func (c *readingCompiler) ignored(o object) {
	u := c.l.object(o.get("unread"), "unread")
	if !u.ok() {
		return
	}
	for _, n := range u.nodes("ignore") {
		text := n.Text
		if !strings.HasPrefix(text, "/") {
			text = "//" + text
		}
		if p := c.pathOf(text, n.TextPos()); p != nil {
			c.r.Ignore = append(c.r.Ignore, p)
		}
	}
}

// whole checks what is made and reports fragments nothing uses.
func (c *readingCompiler) whole(n *yml.Node) {
	if k := c.r.Document.Kind; k != reading.MapNode && k != reading.GroupNode || c.r.Document.Each != nil {
		c.l.fault(n.Pos, RuleKind, "write document: {number: ID, ...}", "the document is a map of fields")
	}
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		if !slices.Contains(c.used, name) {
			c.l.problems.Add(diag.Problem{Pos: c.fragments[name].KeyPos, Rule: RuleFragment, Severity: diag.Warning, Message: "fragment " + strconv.Quote(name) + " is used by nothing", Hint: "use it, or delete it"})
		}
	}
}

// readingWords are the words of the language that stand in a map of a reading.
var readingWords = []string{"$path", "$as", "$use", "$each", "$if", "$let"}

// node compiles what stands behind a field of type t.
func (c *readingCompiler) node(n *yml.Node, t formula.Type, s *scope) *reading.Node {
	out := &reading.Node{Pos: n.Pos, Type: t}
	switch {
	case n.Kind == yml.List:
		out.Kind = reading.ListNode
		if k := t.Kind(); k != formula.ListKind && k != formula.AnyKind {
			c.l.fault(n.Pos, RuleType, "", "a list stands where a %s is wanted", t)
		}
		for _, m := range n.Items {
			of := t.Elem()
			if m.Get("$each") != nil {
				of = t
			}
			out.Items = append(out.Items, c.node(m, of.Optional(), s))
		}
	case n.Kind == yml.Map:
		c.fill(out, n, s)
	default:
		c.scalar(out, n, s)
	}
	return out
}

// scalar compiles a path, or a formula with "=" in front.
func (c *readingCompiler) scalar(out *reading.Node, n *yml.Node, s *scope) {
	if n.Empty() {
		c.l.fault(n.Pos, RuleKind, "", "a path or a formula is missing")
		return
	}
	if !strings.HasPrefix(n.Text, "=") {
		if k := out.Type.Kind(); k == formula.ListKind || k == formula.MapKind {
			c.l.fault(n.TextPos(), RuleType, "$each makes a list, a map of fields a map", "a path gives one text, and a %s is wanted", out.Type)
		}
		out.Kind, out.Path = reading.PathNode, c.path(n)
		return
	}
	out.Kind = reading.FormulaNode
	v := s.value(n)
	if v == nil {
		return
	}
	out.Value = v
	if k := v.Type().Kind(); out.Type.Kind() != formula.AnyKind && k != formula.AnyKind && !readable(k, out.Type.Kind()) {
		c.l.fault(n.TextPos(), RuleType, "", "a %s stands where a %s is wanted", v.Type(), out.Type)
	}
}

// readable reports whether a value of a formula may become a field: a text is
// read as if it stood in the source.
func readable(from, to formula.Kind) bool {
	switch {
	case from == to, from == formula.AbsentKind, from == formula.StringKind && to != formula.ListKind && to != formula.MapKind:
		return true
	case to == formula.NumberKind || to == formula.StringKind:
		return from == formula.NumberKind || from == formula.IntegerKind
	case to == formula.IntegerKind:
		return from == formula.NumberKind
	}
	return false
}

// fill compiles a map: fields, or a word of the language.
func (c *readingCompiler) fill(out *reading.Node, n *yml.Node, s *scope) {
	if use := n.Get("$use"); use != nil {
		c.use(out, n, use, s)
		return
	}
	inner := c.modifiers(out, n, s)
	t := out.Type
	if p := n.Get("$path"); p != nil {
		c.only(n, "$path", "$as", "$each", "$if", "$let")
		if p.Kind != yml.Scalar {
			c.l.fault(p.Pos, RuleKind, "", "$path is a path or a formula")
			return
		}
		inside := &reading.Node{Pos: p.Pos, Type: t}
		c.scalar(inside, p, inner)
		out.Kind, out.Path, out.Value = inside.Kind, inside.Path, inside.Value
		out.As = c.as(n.Get("$as"))
		return
	}
	out.Kind = reading.MapNode
	for _, e := range n.Entries {
		if strings.HasPrefix(e.Key, "$") && !slices.Contains(readingWords, e.Key) {
			c.l.fault(e.KeyPos, RuleUnknownKey, diag.DidYouMean(e.Key, readingWords), "unknown word %q of a reading", e.Key)
			return
		}
	}
	if k := t.Kind(); k != formula.MapKind && k != formula.AnyKind {
		c.l.fault(n.Pos, RuleType, "", "a map stands where a %s is wanted", t)
		return
	}
	for _, e := range n.Entries {
		if strings.HasPrefix(e.Key, "$") {
			if e.Key == "$as" {
				c.l.fault(e.KeyPos, RuleUnknownKey, "{$path: ..., $as: ...}", "$as goes with $path")
			}
			continue
		}
		ft := formula.Any
		if t.Kind() == formula.MapKind {
			var ok bool
			if ft, ok = t.At(e.Key); !ok {
				c.l.fault(e.KeyPos, RuleInput, diag.DidYouMean(e.Key, t.Fields()), "%s has no field %q", t, e.Key)
				continue
			}
		}
		out.Fields = append(out.Fields, reading.Field{Name: e.Key, Node: c.node(e.Value, ft.Optional(), inner)})
	}
}

// modifiers compiles $each, $let and $if. Inside of $each the type is that of
// a member.
func (c *readingCompiler) modifiers(out *reading.Node, n *yml.Node, s *scope) *scope {
	if e := n.Get("$each"); e != nil {
		out.Each = &reading.Each{}
		switch {
		case e.Kind != yml.Scalar || e.Empty():
			c.l.fault(e.Pos, RuleKind, "", "$each is a path, or a formula that gives nodes")
		case strings.HasPrefix(e.Text, "="):
			if v := s.value(e); v != nil {
				out.Each.Value = v
			}
		default:
			out.Each.Path = c.path(e)
		}
		if k := out.Type.Kind(); k != formula.ListKind && k != formula.AnyKind {
			c.l.fault(e.Pos, RuleType, "", "$each makes a list, and a %s is wanted", out.Type)
		}
		out.Type = out.Type.Elem()
	}
	if f := n.Get("$let"); f != nil {
		if f.Kind != yml.Map {
			c.l.fault(f.Pos, RuleKind, "write $let: {name: value}", "$let is a map, not a %s", f.Kind)
		} else {
			lets, inside := s.letting(object{l: c.l, node: &yml.Node{Kind: yml.Map, Pos: f.Pos, Entries: []yml.Entry{{Key: "let", Value: f}}}})
			out.Let, s = nodeLets(lets), inside
		}
	}
	if f := n.Get("$if"); f != nil && f.Kind == yml.Scalar {
		out.If = s.condition(f)
		s = s.given(out.If)
	}
	return s
}

func (c *readingCompiler) only(n *yml.Node, words ...string) {
	for _, e := range n.Entries {
		if !slices.Contains(words, e.Key) {
			c.l.fault(e.KeyPos, RuleUnknownKey, "", "%q does not go with %s", e.Key, words[0])
		}
	}
}

// use compiles a fragment in the place of out.
func (c *readingCompiler) use(out *reading.Node, n, use *yml.Node, s *scope) {
	c.only(n, "$use", "at", "$each", "$if", "$let")
	f, known := c.fragments[use.Text]
	if !known {
		f, known = c.shared[use.Text]
	}
	switch {
	case !known:
		names := append(slices.Collect(maps.Keys(c.fragments)), slices.Collect(maps.Keys(c.shared))...)
		slices.Sort(names)
		c.l.fault(use.TextPos(), RuleFragment, diag.DidYouMean(use.Text, names), "unknown fragment %q", use.Text)
		return
	case slices.Contains(c.busy, use.Text):
		c.l.fault(use.TextPos(), RuleFragment, "", "fragment %q uses itself", use.Text)
		return
	}
	c.used, c.busy = append(c.used, use.Text), append(c.busy, use.Text)
	inner := c.modifiers(out, n, s)
	inside := c.node(f.Value, out.Type, inner)
	c.busy = c.busy[:len(c.busy)-1]
	if at := n.Get("at"); at != nil {
		out.At = c.path(at)
	}
	if inside.Each == nil && inside.If == nil && inside.Let == nil && inside.At == nil {
		out.Kind, out.Path, out.Value, out.Fields, out.Items, out.As = inside.Kind, inside.Path, inside.Value, inside.Fields, inside.Items, inside.As
		return
	}
	out.Kind, out.Items = reading.GroupNode, []*reading.Node{inside}
}

// as compiles how a text is to be understood.
func (c *readingCompiler) as(n *yml.Node) *reading.As {
	o := c.l.object(n, "as")
	if !o.ok() {
		return nil
	}
	a := &reading.As{Zone: o.word("zone"), Decimal: o.word("decimal"), True: o.word("true"), Strip: o.word("strip")}
	if p := o.get("pattern"); p != nil {
		pattern, err := civil.Compile(p.Text)
		if err != nil {
			c.l.fault(p.TextPos(), RuleWord, "letters of LDML: dd.MM.yyyy", "pattern %v", err)
		}
		a.Pattern = pattern
	}
	if z := o.get("zone"); z != nil {
		if _, err := civil.Zone(z.Text); err != nil {
			c.l.fault(z.TextPos(), RuleWord, "write a name such as Europe/Madrid, or +01:00", "time zone %v", err)
		}
	}
	return a
}

// readingsGiven resolves a parameter that names readings.
func (l *loader) readingsGiven(st *stepUnit, name string, e yml.Entry) {
	names := e.Value.Items
	if e.Value.Kind == yml.Scalar {
		names = []*yml.Node{e.Value}
	}
	var all []*reading.Reading
	for _, n := range names {
		if n.Kind != yml.Scalar || n.Empty() || strings.HasPrefix(n.Text, "=") {
			l.fault(n.Pos, RuleKind, "write readings/name.yaml", "%q takes the names of reading files", e.Key)
			continue
		}
		if u := l.lookUp(n.Text, "reading", n.TextPos()); u != nil {
			if r := l.reading(u); r != nil {
				all = append(all, r)
			}
		}
	}
	if len(all) > 0 {
		st.step.Refs[name] = all
	}
}
