package nodes

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Prepare checks the mapping and works out what does not hang on a document.
// It must be called once, before the mapping is shared. All problems are
// returned; with grave ones the mapping must not be used.
func (m *Mapping) Prepare() diag.List {
	p := &preparer{m: m, fragments: map[*Fragment]bool{}}
	p.namespaces()
	if m.Text != nil {
		p.problems = append(p.problems, m.Text.Prepare()...)
	}
	ready(m.Let)
	for i := range m.Defaults {
		for _, a := range m.Defaults[i].Attributes {
			p.node(a)
			a.fallback = true
		}
	}
	if m.Root != nil {
		p.root(m.Root)
	}
	for _, name := range m.partNames() {
		ready(m.Parts[name].Let)
		p.root(m.Parts[name].Root)
	}
	p.others()
	m.prepared = !p.problems.Grave()
	p.problems.Sort()
	return p.problems
}

// ready makes the functions that work lets out.
func ready(lets []Let) {
	for i := range lets {
		lets[i].work = lets[i].Value.Eval
	}
}

type preparer struct {
	m         *Mapping
	problems  diag.List
	fragments map[*Fragment]bool // done
}

func (p *preparer) namespaces() {
	p.m.spaces = map[string]string{}
	for _, n := range p.m.Namespaces {
		if why := refusedNamespace(n); why != "" {
			p.problems.Addf(n.Pos, RuleNamespace, "namespace of prefix %q: %s", n.Prefix, why)
			continue
		}
		p.m.spaces[n.Prefix] = n.URI
	}
	p.m.declarations = appendDeclarations(nil, p.m.spaces)
}

func refusedNamespace(n Namespace) string {
	switch {
	case n.Prefix != "" && !xmltree.IsNCName(n.Prefix):
		return "no name"
	case n.Prefix == "xml" || n.Prefix == "xmlns":
		return "it is reserved"
	case n.URI == "":
		return "it is empty"
	case n.URI == xmltree.XMLSpace || n.URI == xmltree.XMLNSSpace:
		return "it belongs to another prefix"
	case wellFormed(n.URI) != nil:
		return wellFormed(n.URI).Error()
	}
	return ""
}

// root checks that what stands at the top can be a document.
func (p *preparer) root(n *Node) {
	if p.node(n); p.m.Format == XML {
		p.outermost(n)
	}
}

func (p *preparer) outermost(n *Node) {
	switch n.Kind {
	case Group:
		for _, c := range n.Children {
			p.outermost(c)
		}
	case Choice:
		for _, c := range n.Cases {
			for _, x := range c.Nodes {
				p.outermost(x)
			}
		}
	case Use:
		for _, x := range n.Fragment.Nodes {
			p.outermost(x)
		}
	case Attribute, TextNode, RawNode, Entries:
		p.problems.Addf(n.Pos, RuleNode, "outside the outermost element only elements can stand")
	}
}

func (p *preparer) node(n *Node) {
	if n.open != nil {
		return
	}
	n.open = []byte{}
	ready(n.Let)
	switch n.Kind {
	case Element, Attribute:
		if p.m.Format == XML {
			p.name(n)
		}
	case Use:
		p.use(n)
	}
	if n.Value != nil {
		p.layout(n)
		if p.m.Format == XML {
			p.constant(n)
		}
	}
	for _, c := range n.Children {
		p.node(c)
	}
	for _, c := range n.Cases {
		for _, x := range c.Nodes {
			p.node(x)
		}
	}
	if p.m.Format != XML {
		return
	}
	if n.Kind == Element {
		p.element(n)
		return
	}
	n.loose = slices.ContainsFunc(inPlace(n), func(c *Node) bool { return c.Kind == Attribute || c.Kind != Element && c.loose })
	if n.loose && n.For != nil {
		p.problems.Addf(n.Pos, RuleNode, "attributes cannot be repeated")
	}
}

// inPlace returns what may stand in the place of a group, choice or fragment.
func inPlace(n *Node) (all []*Node) {
	all = append(all, n.Children...)
	for _, c := range n.Cases {
		all = append(all, c.Nodes...)
	}
	if n.Fragment != nil {
		all = append(all, n.Fragment.Nodes...)
	}
	return all
}

// name checks the name of an element or attribute and makes its tags.
func (p *preparer) name(n *Node) {
	prefix, local, found := strings.Cut(n.Name, ":")
	if !found {
		prefix, local = "", n.Name
	}
	if !xmltree.IsNCName(local) || found && !xmltree.IsNCName(prefix) {
		p.problems.Addf(n.Pos, RuleName, "%q is no name of XML", n.Name)
		return
	}
	space, declared := p.m.spaces[prefix]
	if prefix == "xml" {
		space, declared = xmltree.XMLSpace, true
	}
	if found && !declared {
		known := make([]string, 0, len(p.m.Namespaces))
		for _, ns := range p.m.Namespaces {
			known = append(known, ns.Prefix)
		}
		p.problems.Add(diag.Problemf(n.Pos, RulePrefix, "prefix %q has no namespace", prefix).WithHint("%s", diag.DidYouMean(prefix, known)))
	}
	if n.Kind == Attribute {
		if n.local = local; found {
			n.space = space
		}
		n.open = []byte(" " + n.Name + `="`)
		return
	}
	n.open, n.close = []byte("<"+n.Name), []byte("</"+n.Name+">")
}

// element sorts the attributes of n and adds the defaults.
func (p *preparer) element(n *Node) {
	for _, c := range n.Children {
		if c.Kind != Attribute {
			n.content = append(n.content, c)
			n.loose = n.loose || c.Kind != Element && c.loose
			continue
		}
		if c.For != nil {
			p.problems.Addf(c.Pos, RuleNode, "an attribute cannot be repeated")
		}
		n.attributes = append(n.attributes, c)
	}
	for _, d := range p.m.Defaults {
		if !fitsPattern(d.Pattern, n.Name) {
			continue
		}
		for _, a := range d.Attributes {
			if !slices.ContainsFunc(n.attributes, func(x *Node) bool { return x.space == a.space && x.local == a.local }) {
				n.attributes = append(n.attributes, a)
			}
		}
	}
	slices.SortStableFunc(n.attributes, attributeOrder)
	for i, a := range n.attributes {
		if i > 0 && attributeOrder(n.attributes[i-1], a) == 0 && a.local != "" {
			p.problems.Addf(a.Pos, RuleTwice, "attribute %q stands twice in %q", a.Name, n.Name)
		}
	}
}

// fitsPattern matches a name with "*" at the beginning, the end or both.
func fitsPattern(pattern, name string) bool {
	if before, after, ok := strings.Cut(pattern, "*"); ok && before != "" && after != "" {
		return len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	}
	rest, open := strings.CutPrefix(pattern, "*")
	rest, shut := strings.CutSuffix(rest, "*")
	switch {
	case open && shut:
		return strings.Contains(name, rest)
	case open:
		return strings.HasSuffix(name, rest)
	case shut:
		return strings.HasPrefix(name, rest)
	}
	return name == pattern
}

// layout finds the format of a value by the definition of its schema type.
func (p *preparer) layout(n *Node) {
	if f := n.Value.Program(); f != nil {
		if name := f.Type().Definition(); name != "" {
			n.layout = p.m.Formats[name]
		}
	}
}

// constant works out a value that is always the same.
func (p *preparer) constant(n *Node) {
	v, ok := n.Value.Constant()
	if !ok {
		return
	}
	w := &writer{m: p.m}
	text, _ := w.text(n, v)
	write := appendText
	if n.Kind == Attribute {
		write = appendAttribute
	}
	out, err := write([]byte{}, text)
	if err != nil {
		w.fail(n.Value.Pos(), err)
	}
	for _, problem := range w.problems {
		problem.Path = ""
		p.problems.Add(problem)
	}
	n.constant, n.text = true, out
}

// use checks what a fragment is given.
func (p *preparer) use(n *Node) {
	f := n.Fragment
	names := make([]string, len(f.Inputs))
	for i, in := range f.Inputs {
		names[i] = in.Name
		if in.Required && !slices.ContainsFunc(n.With, func(l Let) bool { return l.Name == in.Name }) {
			p.problems.Add(diag.Problemf(n.Pos, RuleNode, "fragment %q needs the input %q", f.Name, in.Name).WithHint("with: {%s: ...}", in.Name))
		}
	}
	for _, l := range n.With {
		if !slices.Contains(names, l.Name) {
			p.problems.Add(diag.Problemf(l.Pos, RuleNode, "fragment %q has no input %q", f.Name, l.Name).WithHint("%s", diag.DidYouMean(l.Name, names)))
		}
	}
	if p.fragments[f] {
		return
	}
	p.fragments[f] = true
	ready(f.Let)
	for _, c := range f.Nodes {
		p.node(c)
	}
}

// others checks that the format has what it needs.
func (p *preparer) others() {
	m := p.m
	needs, has := "", false
	switch m.Format {
	case XML, JSON:
		needs, has = "root or parts", m.Root != nil || len(m.Parts) > 0
	case Text:
		needs, has = "text", m.Template != nil
	case List:
		needs, has = "parts", m.List != nil
	case CSV, Fix:
		if needs, has = "rows", m.Rows != nil; has {
			p.rows()
		}
	default:
		p.problems.Addf(m.Pos, RuleNode, "format %q cannot be written", m.Format)
		return
	}
	if !has {
		p.problems.Addf(m.Pos, RuleNode, "a mapping of format %s needs %s", m.Format, needs)
	}
}
