package schematron

import (
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// The namespaces of rule sets.
const (
	Space    = "http://purl.oclc.org/dsdl/schematron"
	xslSpace = "http://www.w3.org/1999/XSL/Transform"
)

// maxIncludes bounds nested includes.
const maxIncludes = 20

type reader struct {
	fsys     fs.FS
	schema   *Schema
	problems diag.List
	abstract map[string]*Rule
	scopes   map[string]xpath.Namespaces // by what is in scope
	at       map[scopeKey]xpath.Namespaces
}

// element is an element of a file of the rule set.
type element struct {
	doc  *xmltree.Document
	node xmltree.Node
	file string
	deep int
}

// Read reads a rule set from its entry file: includes are resolved within fsys,
// abstract patterns and rules expanded. Problems are of the rule set, with place;
// the Schema is nil if it can't be used.
func Read(fsys fs.FS, name string) (*Schema, diag.List) {
	r := &reader{fsys: fsys, abstract: map[string]*Rule{}, scopes: map[string]xpath.Namespaces{}, at: map[scopeKey]xpath.Namespaces{},
		schema: &Schema{Base: path.Dir(name), ns: map[string]string{}, Diagnostics: map[string][]Part{}}}
	root, ok := r.open(name, 0)
	if !ok {
		return nil, r.problems
	}
	if !root.is(Space, "schema") {
		r.problem(root, RuleRead, "the outermost element is %s, not a Schematron schema", root.doc.QName(root.node))
		return nil, r.problems
	}
	r.namespaces(root)
	r.readSchema(root)
	r.expand()
	if r.problems.Grave() {
		return nil, r.problems
	}
	return r.schema, r.problems
}

func (r *reader) open(name string, deep int) (element, bool) {
	b, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		r.problems.Add(diag.Problem{Pos: diag.Pos{File: name}, Rule: RuleRead, Message: "the file can't be read", Err: err})
		return element{}, false
	}
	d, err := xmltree.Parse(b, xmltree.Options{File: name})
	if err != nil {
		p := diag.Problem{Pos: diag.Pos{File: name}, Rule: RuleRead, Message: err.Error(), Err: err}
		if bad, ok := err.(diag.Problem); ok {
			p.Pos, p.Message = bad.Pos, bad.Message
		}
		r.problems.Add(p)
		return element{}, false
	}
	return element{d, d.Root(), name, deep}, true
}

func (r *reader) problem(e element, rule, format string, args ...any) {
	r.problems.Add(diag.Problemf(e.pos(), rule, format, args...))
}

func (e element) pos() diag.Pos { return e.doc.Pos(e.node) }

func (e element) is(space, local string) bool {
	return e.doc.Local(e.node) == local && e.doc.Space(e.node) == space
}

func (e element) attr(name string) string { v, _ := e.doc.Attr(e.node, name); return v }

func (e element) at(n xmltree.Node) element { e.node = n; return e }

// children yields the child elements, with includes replaced by what they include.
func (r *reader) children(e element) []element {
	var out []element
	for n := range e.doc.Elements(e.node) {
		c := e.at(n)
		if c.is(Space, "include") {
			out = append(out, r.include(c)...)
		} else {
			out = append(out, c)
		}
	}
	return out
}

// include opens the file of an include: its outermost element, or the one with
// the id after "#", takes the place of the include.
func (r *reader) include(e element) []element {
	href, id, _ := strings.Cut(e.attr("href"), "#")
	if e.deep >= maxIncludes {
		r.problem(e, RuleRead, "includes are nested more than %d deep", maxIncludes)
		return nil
	}
	root := element{e.doc, e.doc.Root(), e.file, e.deep + 1}
	if href != "" {
		name := path.Join(path.Dir(e.file), href)
		var ok bool
		if root, ok = r.open(name, e.deep+1); !ok {
			r.problem(e, RuleRead, "include of %q can't be read", href)
			return nil
		}
	}
	if id == "" {
		return []element{root}
	}
	for n := range xmltree.Node(root.doc.Len()) {
		if root.doc.Kind(n) == xmltree.ElementNode && root.at(n).attr("id") == id {
			return []element{root.at(n)}
		}
	}
	r.problem(e, RuleRead, "nothing in %q has the id %q", href, id)
	return nil
}

// namespaces collects the ns elements of the schema before anything else is read.
func (r *reader) namespaces(root element) {
	for _, c := range r.children(root) {
		if c.is(Space, "ns") {
			r.schema.ns[c.attr("prefix")] = c.attr("uri")
		}
	}
}

// scope returns the namespaces in force at an element; equal ones are shared.
func (r *reader) scope(e element) xpath.Namespaces {
	n := e.node
	for n > 0 && !declares(e.doc, n) {
		n = e.doc.Parent(n)
	}
	at := scopeKey{e.doc, n}
	if s, ok := r.at[at]; ok {
		return s
	}
	s := r.newScope(e)
	r.at[at] = s
	return s
}

// scopeKey is the innermost element that declares namespaces.
type scopeKey struct {
	doc  *xmltree.Document
	node xmltree.Node
}

func declares(d *xmltree.Document, n xmltree.Node) bool {
	for range d.Declared(n) {
		return true
	}
	return false
}

func (r *reader) newScope(e element) xpath.Namespaces {
	in := e.doc.InScope(e.node)
	var key strings.Builder
	for _, p := range sortedKeys(in) {
		key.WriteString(p + "=" + in[p] + " ")
	}
	s, ok := r.scopes[key.String()]
	if !ok {
		s = scopeNS{r.schema.ns, maps.Clone(in)}
		r.scopes[key.String()] = s
	}
	return s
}

func (r *reader) readSchema(root element) {
	s := r.schema
	s.Version, s.DefaultPhase = root.attr("schemaVersion"), root.attr("defaultPhase")
	if q := root.attr("queryBinding"); q != "" && !knownBinding(q) {
		r.problem(root, RuleUnsupported, "query language %q", q)
	}
	for _, c := range r.children(root) {
		switch c.doc.Space(c.node) {
		case Space:
			r.schemaPart(c)
		case xslSpace:
			r.xslPart(c)
		}
	}
}

func knownBinding(q string) bool {
	switch strings.ToLower(q) {
	case "xslt", "xslt2", "xslt3", "xpath", "xpath2", "xpath31":
		return true
	}
	return false
}

func (r *reader) schemaPart(c element) {
	s := r.schema
	switch c.doc.Local(c.node) {
	case "title":
		s.Title = squeeze(c.doc.Text(c.node))
	case "let":
		s.Lets = append(s.Lets, r.let(c))
	case "phase":
		s.Phases = append(s.Phases, r.phase(c))
	case "pattern":
		s.Patterns = append(s.Patterns, r.pattern(c))
	case "rules": // of the draft: a library of abstract rules
		for _, k := range r.children(c) {
			if k.is(Space, "rule") {
				r.rule(k)
			}
		}
	case "diagnostics":
		for _, k := range r.children(c) {
			s.Diagnostics[k.attr("id")] = r.message(k)
		}
	case "ns", "p", "properties", "include":
	default:
		r.problem(c, RuleUnsupported, "element %s in a schema", c.doc.QName(c.node))
	}
}

func (r *reader) let(c element) Let {
	l := Let{Name: c.attr("name"), Value: c.attr("value"), Pos: c.pos(), ns: r.scope(c)}
	if _, given := c.doc.Attr(c.node, "value"); !given {
		l.Value = "'" + strings.ReplaceAll(c.doc.Text(c.node), "'", "''") + "'"
	}
	return l
}

func (r *reader) phase(c element) Phase {
	p := Phase{ID: c.attr("id")}
	for _, k := range r.children(c) {
		switch {
		case k.is(Space, "active"):
			p.Active = append(p.Active, k.attr("pattern"))
		case k.is(Space, "let"):
			p.Lets = append(p.Lets, r.let(k))
		}
	}
	return p
}

func (r *reader) pattern(c element) *Pattern {
	p := &Pattern{ID: c.attr("id"), Abstract: c.attr("abstract") == "true", IsA: c.attr("is-a"), Params: map[string]string{}}
	for _, k := range r.children(c) {
		switch {
		case k.is(Space, "rule"):
			if rule := r.rule(k); !rule.Abstract {
				p.Rules = append(p.Rules, rule)
			}
		case k.is(Space, "let"):
			p.Lets = append(p.Lets, r.let(k))
		case k.is(Space, "param"):
			p.Params[k.attr("name")] = k.attr("value")
		case k.is(Space, "title"):
			p.Title = squeeze(k.doc.Text(k.node))
		case k.is(Space, "pattern"): // an include of a whole file of patterns
			r.schema.Patterns = append(r.schema.Patterns, r.pattern(k))
		case k.is(Space, "p"):
		default:
			r.problem(k, RuleUnsupported, "element %s in a pattern", k.doc.QName(k.node))
		}
	}
	return p
}

func (r *reader) rule(c element) *Rule {
	rule := &Rule{ID: c.attr("id"), Context: c.attr("context"), Abstract: c.attr("abstract") == "true",
		Flag: c.attr("flag"), Role: c.attr("role"), Pos: c.pos(), ns: r.scope(c)}
	for _, k := range r.children(c) {
		switch {
		case k.is(Space, "let"):
			l := r.let(k)
			rule.parts = append(rule.parts, rulePart{let: &l})
		case k.is(Space, "assert"), k.is(Space, "report"):
			rule.parts = append(rule.parts, rulePart{check: r.check(k)})
		case k.is(Space, "extends") && k.attr("rule") != "":
			rule.parts = append(rule.parts, rulePart{extends: k.attr("rule")})
		case k.is(Space, "extends") && k.attr("href") != "":
			for _, inc := range r.include(k) {
				if inc.is(Space, "rule") {
					rule.parts = append(rule.parts, r.rule(inc).parts...)
				}
			}
		case k.is(Space, "p"):
		default:
			r.problem(k, RuleUnsupported, "element %s in a rule", k.doc.QName(k.node))
		}
	}
	if rule.Abstract {
		r.abstract[rule.ID] = rule
	}
	return rule
}

func (r *reader) check(c element) *Check {
	return &Check{Report: c.is(Space, "report"), ID: c.attr("id"), Test: c.attr("test"), Flag: c.attr("flag"), Role: c.attr("role"),
		See: c.attr("see"), Message: r.message(c), Diagnostics: strings.Fields(c.attr("diagnostics")), Pos: c.pos(), ns: r.scope(c)}
}

// message reads mixed content: text, value-of and name; emph, dir and span are only their text.
func (r *reader) message(c element) []Part {
	var parts []Part
	for n := range c.doc.Children(c.node) {
		k := c.at(n)
		switch c.doc.Kind(n) {
		case xmltree.TextNode:
			parts = append(parts, Part{Text: c.doc.Value(n)})
		case xmltree.ElementNode:
			switch {
			case k.is(Space, "value-of"), k.is(xslSpace, "value-of"):
				parts = append(parts, Part{Select: k.attr("select"), ns: r.scope(k)})
			case k.is(Space, "name"):
				parts = append(parts, Part{Select: k.attr("path"), Name: true, ns: r.scope(k)})
			default:
				parts = append(parts, r.message(k)...)
			}
		}
	}
	return parts
}

// squeeze trims text and joins runs of white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
