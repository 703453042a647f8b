package formula

import (
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// xmlNode is a node of an XML document.
type xmlNode struct {
	doc  *xmltree.Document
	n    xmltree.Node
	data []byte // the whole document as received
}

func parseXML(data []byte) (Node, error) {
	doc, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	return NewXML(doc, 0, data), nil
}

// NewXML returns a node of a document that was parsed from data, to be given
// to formulas. Neither may change, nor doc be released, while it is in use.
func NewXML(doc *xmltree.Document, n xmltree.Node, data []byte) Node { return xmlNode{doc, n, data} }

// AsXML returns the document behind a node and the place of the node in it;
// false if it is no node of XML.
func AsXML(n Node) (*xmltree.Document, xmltree.Node, bool) {
	x, ok := n.(xmlNode)
	return x.doc, x.n, ok
}

// Find finds by a path without namespaces.
func (x xmlNode) Find(path string) ([]Node, error) { return find(x, path) }

// Follow finds by a compiled path.
func (x xmlNode) Follow(p *treepath.Path) []Node {
	found := p.XML(x.doc, x.n)
	out := make([]Node, len(found))
	for i, n := range found {
		out[i] = xmlNode{x.doc, n, x.data}
	}
	return out
}

// Text returns the string value.
func (x xmlNode) Text() string { return x.doc.Text(x.n) }

// Source returns the bytes as received; of the document node all of them.
func (x xmlNode) Source() []byte {
	if x.n == 0 {
		return x.data
	}
	return x.doc.Source(x.n)
}

func find(n Node, path string) ([]Node, error) {
	p, err := treepath.Compile(path, nil)
	if err != nil {
		return nil, err
	}
	return n.Follow(p), nil
}
