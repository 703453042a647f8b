package xmltree

import (
	"io"
	"slices"
	"strings"
)

// C14N says how to canonicalise. The zero value is Canonical XML 1.0 without comments.
type C14N struct {
	Exclusive bool     // Exclusive XML Canonicalization 1.0
	Version11 bool     // Canonical XML 1.1: xml:id is not inherited, xml:base is joined
	Comments  bool     // keep comments
	Prefixes  []string // exclusive: InclusiveNamespaces PrefixList; "#default" for the default

	// Omit, if set, leaves out the nodes for which it returns true, with all
	// that is inside. An enveloped-signature transform omits the signature.
	Omit func(Node) bool
}

// canonical holds the identifiers of the methods (XML Signature 1.1, 6.5).
var canonical = map[string]C14N{
	"http://www.w3.org/TR/2001/REC-xml-c14n-20010315":              {},
	"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": {Comments: true},
	"http://www.w3.org/2006/12/xml-c14n11":                         {Version11: true},
	"http://www.w3.org/2006/12/xml-c14n11#WithComments":            {Version11: true, Comments: true},
	"http://www.w3.org/2001/10/xml-exc-c14n#":                      {Exclusive: true},
	"http://www.w3.org/2001/10/xml-exc-c14n#WithComments":          {Exclusive: true, Comments: true},
}

// C14NByURI returns the method with this algorithm identifier.
func C14NByURI(uri string) (C14N, bool) {
	c, ok := canonical[uri]
	return c, ok
}

// Write writes the canonical form of n, see Append.
func (c C14N) Write(w io.Writer, d *Document, n Node) error {
	_, err := w.Write(c.Append(nil, d, n))
	return err
}

// Append appends the canonical form of n and all inside it to dst. An element
// is taken as part of its document: namespaces in scope and inherited xml:
// attributes come out on it as the method asks. Node 0 is the whole document.
func (c C14N) Append(dst []byte, d *Document, n Node) []byte {
	w := canonicalizer{C14N: c, d: d, out: dst, apex: n}
	w.rendered = make([]string, len(d.prefix))
	w.run()
	return w.out
}

type canonicalizer struct {
	C14N
	d        *Document
	out      []byte
	apex     Node
	rendered []string // by prefix id: the namespace that the output has in scope
	undo     []change
	open     []opened
	ns       []change // scratch: declarations of the current element
	attrs    []Node   // scratch
}

type change struct {
	prefix int32
	uri    string
}

// opened is an element whose end tag is due, and the length of undo before it.
type opened struct {
	n    Node
	undo int
}

func (w *canonicalizer) run() {
	end := w.d.End(w.apex)
	for n := w.apex; n < end; {
		w.closeUpTo(n)
		if w.Omit != nil && w.Omit(n) {
			n = w.d.End(n)
			continue
		}
		w.node(n)
		n += 1 + Node(w.d.nodes[n].attrs)
	}
	w.closeUpTo(end)
}

func (w *canonicalizer) node(n Node) {
	switch w.d.Kind(n) {
	case ElementNode:
		w.element(n)
	case TextNode:
		w.out = appendEscaped(w.out, w.d.Value(n), &textEscapes)
	case AttributeNode:
		w.out = appendEscaped(w.out, w.d.Value(n), &attrEscapes)
	case CommentNode:
		if w.Comments {
			w.aside(n, "<!--", "-->")
		}
	case InstructionNode:
		w.aside(n, "<?", "?>")
	}
}

// aside writes a comment or instruction; outside the outermost element it stands on its own line.
func (w *canonicalizer) aside(n Node, before, after string) {
	outside := w.d.Parent(n) == 0 && w.apex == 0
	root := w.d.Root()
	if outside && n > root {
		w.out = append(w.out, '\n')
	}
	w.out = append(w.out, before...)
	if w.d.Kind(n) == InstructionNode {
		w.out = append(w.out, w.d.Local(n)...)
		if w.d.Value(n) != "" {
			w.out = append(w.out, ' ')
		}
	}
	w.out = appendEscaped(w.out, w.d.Value(n), &asideEscapes)
	w.out = append(w.out, after...)
	if outside && n < root {
		w.out = append(w.out, '\n')
	}
}

// closeUpTo writes the end tags of the elements that end before n.
func (w *canonicalizer) closeUpTo(n Node) {
	for len(w.open) > 0 {
		top := w.open[len(w.open)-1]
		if w.d.End(top.n) > n {
			return
		}
		w.out = append(w.out, "</"...)
		w.name(top.n)
		w.out = append(w.out, '>')
		for i := len(w.undo) - 1; i >= top.undo; i-- {
			w.rendered[w.undo[i].prefix] = w.undo[i].uri
		}
		w.undo = w.undo[:top.undo]
		w.open = w.open[:len(w.open)-1]
	}
}

func (w *canonicalizer) name(n Node) {
	if p := w.d.Prefix(n); p != "" {
		w.out = append(append(w.out, p...), ':')
	}
	w.out = append(w.out, w.d.Local(n)...)
}

// element writes a start tag.
func (w *canonicalizer) element(n Node) {
	w.open = append(w.open, opened{n, len(w.undo)})
	w.out = append(w.out, '<')
	w.name(n)
	w.ns = w.ns[:0]
	if w.Exclusive {
		w.utilised(n)
	}
	w.inclusive(n)
	slices.SortFunc(w.ns, func(a, b change) int {
		return strings.Compare(w.d.prefix[a.prefix], w.d.prefix[b.prefix])
	})
	for _, c := range w.ns {
		w.out = append(w.out, " xmlns"...)
		if c.prefix != 0 {
			w.out = append(append(w.out, ':'), w.d.prefix[c.prefix]...)
		}
		w.attributeText(c.uri)
	}
	w.attributes(n)
	w.out = append(w.out, '>')
}

func (w *canonicalizer) attributeText(s string) {
	w.out = append(w.out, '=', '"')
	w.out = appendEscaped(w.out, s, &attrEscapes)
	w.out = append(w.out, '"')
}

// declare takes a declaration for the current element unless the output has it in scope.
func (w *canonicalizer) declare(prefix int32, uri string) {
	if prefix == 1 || w.rendered[prefix] == uri {
		return
	}
	w.undo = append(w.undo, change{prefix, w.rendered[prefix]})
	w.rendered[prefix] = uri
	w.ns = append(w.ns, change{prefix, uri})
}

// utilised declares the namespaces that n and its attributes use (Exclusive XML Canonicalization, 3).
func (w *canonicalizer) utilised(n Node) {
	w.declare(w.d.nodes[n].size, w.d.Space(n))
	for a, end := w.d.Attributes(n); a < end; a++ {
		if p := w.d.nodes[a].ns; p != 0 {
			w.declare(p, w.d.Space(a))
		}
	}
}

// inclusive declares what is in scope: at the apex all, below what n declares.
// In exclusive mode only the prefixes of the list are treated so.
func (w *canonicalizer) inclusive(n Node) {
	if w.Exclusive && len(w.Prefixes) == 0 {
		return
	}
	outer, seen := w.d.outer(n), []bool(nil)
	if n == w.apex {
		outer, seen = -1, make([]bool, len(w.d.prefix))
	}
	for i := w.d.nodes[n].ns; i != outer; i = w.d.decls[i].prev {
		c := w.d.decls[i]
		if seen != nil {
			if seen[c.prefix] { // declared again nearer to n
				continue
			}
			seen[c.prefix] = true
		}
		if !w.Exclusive || w.listed(c.prefix) {
			w.declare(c.prefix, w.d.uris[c.uri])
		}
	}
}

func (w *canonicalizer) listed(prefix int32) bool {
	p := w.d.prefix[prefix]
	return slices.Contains(w.Prefixes, p) && p != "" || p == "" && slices.Contains(w.Prefixes, "#default")
}

// attributes writes the attributes of n ordered by namespace, then local name.
func (w *canonicalizer) attributes(n Node) {
	w.attrs = w.attrs[:0]
	for a, end := w.d.Attributes(n); a < end; a++ {
		w.attrs = append(w.attrs, a)
	}
	base := ""
	if n == w.apex && !w.Exclusive {
		base = w.inherited(n)
	}
	slices.SortFunc(w.attrs, w.order)
	for _, a := range w.attrs {
		w.out = append(w.out, ' ')
		w.name(a)
		if base != "" && w.is(a, "base") {
			w.attributeText(base)
			continue
		}
		w.attributeText(w.d.Value(a))
	}
}

func (w *canonicalizer) order(a, b Node) int {
	x, y := w.d.NameOf(w.d.Name(a)), w.d.NameOf(w.d.Name(b))
	if c := strings.Compare(x.Space, y.Space); c != 0 {
		return c
	}
	return strings.Compare(x.Local, y.Local)
}

func (w *canonicalizer) is(a Node, local string) bool {
	return w.d.Local(a) == local && w.d.Space(a) == XMLSpace
}
