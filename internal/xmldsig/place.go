package xmldsig

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// place is where a Signature goes.
type place struct {
	context xmltree.Node // the element it will be a child of
	offset  int          // in the text of the document
	opens   string       // name of an empty-element tag that must be opened first
}

func (p *Profile) place(r Request) (place, error) {
	n := r.Element
	if n < 0 || int(n) >= r.Doc.Len() || r.Doc.Kind(n) != xmltree.ElementNode {
		return place{}, problem(RuleElement, "there is no element to sign")
	}
	if r.Place > 0 {
		n = r.Place
	}
	start, stop := r.Doc.Range(n)
	if p.Position == After {
		if r.Doc.Parent(n) <= 0 {
			return place{}, problem(RuleElement, "a signature cannot stand after the outermost element")
		}
		return place{context: r.Doc.Parent(n), offset: stop}, nil
	}
	tag := r.Doc.Source(n)
	if bytes.HasSuffix(tag, []byte("/>")) && r.Doc.FirstChild(n) == xmltree.None {
		return place{context: n, offset: stop - 2, opens: r.Doc.QName(n)}, nil
	}
	if p.Position == FirstChild {
		return place{context: n, offset: start + startTag(tag)}, nil
	}
	return place{context: n, offset: start + bytes.LastIndex(tag, []byte("</"))}, nil
}

// startTag returns the length of the start tag at the beginning of b.
func startTag(b []byte) int {
	var quote byte
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(b)
}

// splice puts the signature into the bytes of the document.
func (p place) splice(r Request, signature []byte) (*Signed, error) {
	offset, err := original(r, p.offset)
	if err != nil {
		return nil, err
	}
	before, after := "", ""
	rest := r.Source[offset:]
	if p.opens != "" {
		before, after, rest = ">", "</"+p.opens+">", rest[2:]
	}
	out := make([]byte, 0, len(r.Source)+len(signature)+2*len(p.opens)+8)
	out = append(append(out, r.Source[:offset]...), before...)
	s := &Signed{Start: len(out), Stop: len(out) + len(signature)}
	out = append(append(append(out, signature...), after...), rest...)
	s.Bytes = out
	return s, nil
}

// original turns a place in the text, which is UTF-8, into a place in Source.
// In an encoding of one byte a character it counts characters; that is checked
// on the whole text, not believed from a declaration.
func original(r Request, offset int) (int, error) {
	text := r.Doc.Source(0)
	if i := len(r.Source) - len(text); i >= 0 && bytes.Equal(r.Source[i:], text) && (i == 0 || string(r.Source[:i]) == "\xef\xbb\xbf") {
		return i + offset, nil
	}
	if utf8.RuneCount(text) == len(r.Source) {
		return utf8.RuneCount(text[:offset]), nil
	}
	return 0, problem(RuleEncoding, "a signature is not spliced into encoding %q", r.Doc.Encoding).WithHint("write the document in UTF-8")
}

// around writes start tags that carry what a canonicalisation inherits at n:
// the namespaces in scope, and the xml: attributes of each element above.
func around(d *xmltree.Document, n xmltree.Node) string {
	var tags []string
	for up := n; up > 0; up = d.Parent(up) {
		var b []byte
		if up == n {
			scope := d.InScope(n)
			for _, prefix := range sortedKeys(scope) {
				name := "xmlns"
				if prefix != "" {
					name += ":" + prefix
				}
				b = append(append(append(append(b, ' '), name...), `="`...), xmltree.AppendAttribute(nil, scope[prefix])...)
				b = append(b, '"')
			}
		}
		b = append(b, xmlAttributes(d, up)...)
		if len(b) > 0 || up == n {
			tags = append(tags, "<w"+string(b)+">")
		}
	}
	slices.Reverse(tags)
	return strings.Join(tags, "")
}

func xmlAttributes(d *xmltree.Document, n xmltree.Node) (b []byte) {
	for a, end := d.Attributes(n); a < end; a++ {
		if d.Space(a) == xmltree.XMLSpace {
			b = append(append(append(b, " xml:"...), d.Local(a)...), `="`...)
			b = append(xmltree.AppendAttribute(b, d.Value(a)), '"')
		}
	}
	return b
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
