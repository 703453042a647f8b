package xmltree

import "iter"

// The namespaces that are bound without declaration.
const (
	XMLSpace   = "http://www.w3.org/XML/1998/namespace"
	XMLNSSpace = "http://www.w3.org/2000/xmlns/"
)

// Declared yields the namespace declarations written on element n, the last one
// first: prefix ("" for the default) and namespace ("" for xmlns="").
func (d *Document) Declared(n Node) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i, end := d.nodes[n].ns, d.outer(n); i != end; i = d.decls[i].prev {
			if !yield(d.prefix[d.decls[i].prefix], d.uris[d.decls[i].uri]) {
				return
			}
		}
	}
}

// outer returns the newest declaration in scope outside element n.
func (d *Document) outer(n Node) int32 {
	return d.nodes[d.nodes[n].parent].ns
}

// element returns n if it is an element or the document, else its parent.
func (d *Document) element(n Node) Node {
	if d.nodes[n].kind > ElementNode {
		return d.nodes[n].parent
	}
	return n
}

// LookupPrefix returns the namespace that a prefix ("" for the default) has at n,
// and whether it is bound there. The empty prefix is always bound.
func (d *Document) LookupPrefix(n Node, prefix string) (string, bool) {
	for i := d.nodes[d.element(n)].ns; i >= 0; i = d.decls[i].prev {
		if d.prefix[d.decls[i].prefix] == prefix {
			return d.uris[d.decls[i].uri], true
		}
	}
	if prefix == "xml" {
		return XMLSpace, true
	}
	return "", prefix == ""
}

// InScope returns the namespaces in scope at n by prefix: without xml, and
// without the default when it is none.
func (d *Document) InScope(n Node) map[string]string {
	in := map[string]string{}
	for i := d.nodes[d.element(n)].ns; i >= 0; i = d.decls[i].prev {
		p := d.prefix[d.decls[i].prefix]
		if _, seen := in[p]; !seen {
			in[p] = d.uris[d.decls[i].uri]
		}
	}
	if in[""] == "" {
		delete(in, "")
	}
	delete(in, "xml")
	return in
}
