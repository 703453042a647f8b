package layer

import (
	"bytes"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/schematron"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// part is the document that rules see: the whole file, or what an envelope holds,
// read again as a document of its own because rules address it from its root.
type part struct {
	doc   *xmltree.Document
	outer *xmltree.Document // nil if doc is the whole file
	path  string            // of the element around it
	at    int               // where the part begins in the outer document
	hole  int               // where declarations were put in, in the part
	extra int               // how many bytes
}

func (l *rules) part(doc *xmltree.Document, n xmltree.Node) (part, error) {
	if n == doc.Root() {
		if !doc.Knows(l.names, 0) {
			return part{}, diag.Problemf(doc.Pos(n), RuleNames, "the document was parsed with other names than the rule set")
		}
		doc.Sync()
		return part{doc: doc}, nil
	}
	p := part{outer: doc, path: schematron.Location(doc, doc.Parent(n))}
	p.at, _ = doc.Range(n)
	src := doc.Source(n)
	decl := inherited(doc, n)
	p.hole, p.extra = 1+len(doc.QName(n)), len(decl)
	inner, err := xmltree.Parse(slices.Concat(src[:p.hole], decl, src[p.hole:]), xmltree.Options{Names: l.names})
	p.doc = inner
	return p, err
}

// inherited writes the namespace declarations that an element needs to stand alone.
func inherited(doc *xmltree.Document, n xmltree.Node) []byte {
	in := doc.InScope(n)
	for prefix := range doc.Declared(n) {
		delete(in, prefix)
	}
	var b bytes.Buffer
	for _, prefix := range slices.Sorted(maps.Keys(in)) {
		b.WriteString(" xmlns")
		if prefix != "" {
			b.WriteString(":" + prefix)
		}
		b.WriteString(`="`)
		for _, c := range []byte(in[prefix]) {
			switch c {
			case '&':
				b.WriteString("&amp;")
			case '<':
				b.WriteString("&lt;")
			case '"':
				b.WriteString("&quot;")
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	return b.Bytes()
}

// pos returns the place of a node in the file.
func (p part) pos(n xmltree.Node) diag.Pos {
	if p.outer == nil {
		return p.doc.Pos(n)
	}
	start, _ := p.doc.Range(n)
	if n == 0 {
		start = 0
	}
	if start >= p.hole+p.extra {
		start -= p.extra
	} else if start > p.hole {
		start = p.hole
	}
	return p.outer.PosAt(p.at + start)
}
