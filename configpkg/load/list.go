package load

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// listMapping compiles a mapping of format list.
func (l *loader) listMapping(m *nodes.Mapping, o object, s *scope) {
	c := &listCompiler{l: l, spaces: map[string]string{}}
	for _, n := range m.Namespaces {
		c.spaces[n.Prefix] = n.URI
	}
	m.List = l.listOf(m.File)
	if o.get("mapping") == nil { // stands in a step
		m.List = &nodes.ListOf{}
	}
	x := l.object(o.get("list"), "list")
	list := nodes.ListOf{Start: x.word("start"), Before: x.word("before"), End: x.word("end"),
		Normalize: x.word("space") == "normalize", Missing: nodes.Missing(x.word("missing")), Pos: m.Pos}
	if n := o.get("of"); n != nil {
		if list.Of = s.value(n); list.Of != nil {
			c.source(list.Of, n)
		}
	}
	list.Parts = c.parts(o.get("parts"), "parts of a list stand in a list")
	*m.List = list
}

// listOf returns the list of a file, whose parts may be compiled later.
func (l *loader) listOf(file string) *nodes.ListOf {
	if l.lists == nil {
		l.lists = map[string]*nodes.ListOf{}
	}
	if l.lists[file] == nil {
		l.lists[file] = &nodes.ListOf{}
	}
	return l.lists[file]
}

type listCompiler struct {
	l      *loader
	spaces map[string]string // by prefix
}

// source checks that the list is made of a document.
func (c *listCompiler) source(v *formula.Value, n *yml.Node) {
	switch v.Type().Kind() {
	case formula.AnyKind, formula.BytesKind, formula.TreeKind, formula.AbsentKind:
	default:
		c.l.fault(n.TextPos(), RuleType, "", "a list is made of a document, not of a %s", v.Type())
	}
}

func (c *listCompiler) parts(n *yml.Node, what string) []*nodes.ListPart {
	if n == nil {
		return nil
	}
	if n.Kind != yml.List {
		c.l.fault(n.Pos, RuleKind, "write parts: [{at: path, put: ...}]", "%s, not in a %s", what, n.Kind)
		return nil
	}
	var all []*nodes.ListPart
	for _, m := range n.Items {
		if p := c.part(m); p != nil {
			all = append(all, p)
		}
	}
	return all
}

func (c *listCompiler) part(n *yml.Node) *nodes.ListPart {
	o := c.l.object(n, "part of list")
	if !o.ok() {
		return nil
	}
	p := &nodes.ListPart{Pos: n.Pos}
	at, each := o.get("at"), o.get("each")
	switch {
	case at != nil && each != nil:
		c.l.fault(each.Pos, RuleWord, "leave out one of them", "a part has at or each, not both")
	case at != nil:
		p.At = c.path(at, at.Text, 0)
	case each != nil:
		p.At, p.Each = c.path(each, each.Text, 0), true
	}
	c.put(p, o.get("put"))
	p.Parts = c.parts(o.get("parts"), "inner parts stand in a list")
	for _, e := range o.entries("choose") {
		if p.Choose == nil {
			p.Choose = map[string]*nodes.ListPart{}
		}
		if inner := c.part(e.Value); inner != nil {
			p.Choose[e.Key] = inner
		}
	}
	if p.Choose != nil && (p.Put != nil || p.Parts != nil) {
		c.l.fault(o.pos("choose"), RuleWord, "put them into the choices", "a part that chooses has no values of its own")
	}
	if u := o.get("use"); u != nil {
		p.Use = c.used(u)
	}
	return p
}

// put compiles blank-separated paths, each with "?" if it is optional.
func (c *listCompiler) put(p *nodes.ListPart, n *yml.Node) {
	if n == nil {
		return
	}
	for rest, at := n.Text, 0; rest != ""; {
		word, after, _ := strings.Cut(rest, " ")
		if strings.ContainsAny(word, "[") {
			word, after = bracketed(rest)
		}
		if text := strings.Trim(word, "\n\t "); text != "" {
			path, optional := strings.CutSuffix(text, "?")
			if x := c.path(n, path, at); x != nil {
				p.Put = append(p.Put, nodes.ListField{Path: x, Optional: optional})
			}
		}
		at += utf8.RuneCountInString(rest) - utf8.RuneCountInString(after)
		rest = after
	}
}

// bracketed cuts the first path of text at a blank outside brackets and quotes.
func bracketed(text string) (word, rest string) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case depth > 0 && (b == '\'' || b == '"'):
			quote = b
		case b == '[':
			depth++
		case b == ']':
			depth--
		case b == ' ' && depth == 0:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// path compiles a path that stands in n from code point offset on.
func (c *listCompiler) path(n *yml.Node, text string, offset int) *treepath.Path {
	p, err := treepath.Compile(text, c.spaces)
	if err == nil {
		return p
	}
	var bad *treepath.Error
	if errors.As(err, &bad) {
		offset += utf8.RuneCountInString(text[:bad.Offset])
		err = errors.New(bad.Message)
	}
	c.l.fault(n.At(offset), RulePath, "", "path %q: %v", text, err)
	return nil
}

// used returns the list that another mapping holds, named by its name or file.
func (c *listCompiler) used(n *yml.Node) *nodes.ListOf {
	full := c.l.from(n.Text, n.Pos)
	var names []string
	for _, u := range append(c.l.byKind("mapping"), c.l.foreignOf("mapping")...) {
		if format := u.node.Get("format"); format == nil || format.Text != string(nodes.List) {
			continue
		}
		if u.path == full || c.l.from(u.name.Text, u.node.Pos) == full {
			c.l.mapping(u)
			return c.l.listOf(u.path)
		}
		names = append(names, u.name.Text)
	}
	if c.l.unknownAlias(full, n.TextPos()) {
		return nil
	}
	c.l.fault(n.TextPos(), RuleFileMissing, diag.DidYouMean(n.Text, names), "no list %q in the package", n.Text)
	return nil
}
