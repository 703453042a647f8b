package transform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Put declares the action "xml.put".
var Put = engine.Spec{
	Name:    "xml.put",
	Since:   "0.1",
	Effect:  engine.Pure,
	Summary: "Put the value of an attribute, or content into an element, of a document that is written; no other byte moves.",
	In:      []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "The document, in UTF-8."}},
	Params: []engine.Param{
		{Name: "at", Type: formula.String, Required: true, Doc: "Path of the attribute or element. Exactly one must be there. Prefixes are those of the outermost element."},
		{Name: "value", Type: formula.String, Doc: "New value of the attribute."},
		{Name: "content", Doc: "Content of the element. A text goes into an element that is empty; bytes go behind what it holds, as they are."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Bytes.Required(), Doc: "The document with the piece in it."}},
	Example: `id: sealed
action: xml.put
with: {in: '=bytes("<Doc Seal=\"\"><a/></Doc>")', at: /Doc/@Seal, value: abc}
`,
	Makes: engine.DocGenerated,
	Run:   put,
}

func put(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	value, content := s.Value("value"), s.Value("content")
	if (value == nil) == (content == nil) {
		return nil, fault("xml.put takes either a value or content")
	}
	p, err := locate(s.Bytes("in"), s.Text("at"))
	if err != nil {
		return nil, err
	}
	var out []byte
	if value != nil {
		out, err = p.attribute(value)
	} else {
		out, err = p.element(content)
	}
	if err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out}, nil
}

func fault(format string, args ...any) error {
	return diag.Problem{Rule: RulePut, Message: fmt.Sprintf(format, args...)}
}

// place is a node of a document to put something into.
type place struct {
	src  []byte
	doc  *xmltree.Document
	n    xmltree.Node
	path string
}

func locate(src []byte, path string) (*place, error) {
	doc, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil, fmt.Errorf("document to put into: %w", err)
	}
	start, stop := doc.Range(doc.Root())
	if stop > len(src) || !bytes.Equal(src[start:stop], doc.Source(doc.Root())) {
		return nil, fault("the document is not in UTF-8, or has a byte order mark")
	}
	p, err := treepath.Compile(path, doc.InScope(doc.Root()))
	if err != nil {
		return nil, fault("%v", err)
	}
	found := p.XML(doc, 0)
	if len(found) != 1 {
		return nil, fault("path %q leads to %d places, not to one", path, len(found))
	}
	return &place{src, doc, found[0], path}, nil
}

// attribute replaces the value of an attribute.
func (p *place) attribute(v any) ([]byte, error) {
	if p.doc.Kind(p.n) != xmltree.AttributeNode {
		return nil, fault("path %q leads to an element; its content is put with content", p.path)
	}
	text, err := plainText(v)
	if err != nil {
		return nil, err
	}
	start, stop := p.doc.Range(p.n)
	quote := p.src[stop-1]
	from := start + bytes.IndexByte(p.src[start:stop], quote) + 1
	escaped := xmltree.AppendAttribute(nil, text)
	if quote == '\'' {
		escaped = bytes.ReplaceAll(escaped, []byte("'"), []byte("&apos;"))
	}
	return slices.Concat(p.src[:from], escaped, p.src[stop-1:]), nil
}

// plainText returns the text of a value that XML can hold.
func plainText(v any) (string, error) {
	if _, secret := v.(formula.Secret); secret {
		return "", fault("a secret would be written in the open")
	}
	text, err := formula.FormatText(v)
	if err != nil {
		return "", err
	}
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r == 0xFFFD
	}); i >= 0 {
		return "", fault("the text has a character that XML does not have")
	}
	return text, nil
}

// element puts content behind what an element holds.
func (p *place) element(v any) ([]byte, error) {
	if p.doc.Kind(p.n) != xmltree.ElementNode {
		return nil, fault("path %q leads to an attribute; its value is put with value", p.path)
	}
	inner, err := p.content(v)
	if err != nil {
		return nil, err
	}
	start, stop := p.doc.Range(p.n)
	if p.doc.FirstChild(p.n) == xmltree.None && p.src[stop-2] == '/' {
		end := "</" + p.doc.QName(p.n) + ">"
		return slices.Concat(p.src[:stop-2], []byte(">"), inner, []byte(end), p.src[stop:]), nil
	}
	at := start + bytes.LastIndex(p.src[start:stop], []byte("</"))
	return slices.Concat(p.src[:at], inner, p.src[at:]), nil
}

func (p *place) content(v any) ([]byte, error) {
	var src []byte
	var around map[string]string
	switch v := v.(type) {
	case []byte:
		src = v
	case formula.Node:
		src = v.Source()
		if d, at, ok := formula.AsXML(v); ok && at > 0 {
			around = d.InScope(d.Parent(at))
		}
	default:
		if p.doc.FirstChild(p.n) != xmltree.None {
			return nil, fault("the element at %q is not empty", p.path)
		}
		text, err := plainText(v)
		return xmltree.AppendText(nil, text), err
	}
	inner, err := nodes.Inner(src, around, p.doc.InScope(p.n))
	if err != nil {
		return nil, fault("bytes cannot be put at %q: %s", p.path, message(err))
	}
	return inner, nil
}

func message(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Message
	}
	return err.Error()
}
