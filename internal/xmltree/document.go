package xmltree

import (
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Node is a node of a Document: its index in document order. Node 0 is the document itself.
type Node int32

// None is no node.
const None Node = -1

// Kind is the kind of a node.
type Kind uint8

// The kinds of nodes. Namespace declarations are no nodes, see Document.Declared.
const (
	DocumentNode Kind = iota
	ElementNode
	AttributeNode
	TextNode // neighbouring text, CDATA and references are one node
	CommentNode
	InstructionNode // processing instruction; its target is its name
)

const (
	inBuffer uint8 = 1 << iota // the value lies in buf, not in src
	white                      // a text of white space only
)

// node is one node in 40 bytes without pointers, so that the garbage collector skips the arena.
type node struct {
	kind        Kind
	flags       uint8
	attrs       uint16 // elements: number of attributes, which follow it
	name        NameID
	parent, end Node
	prev        Node  // previous sibling
	ns          int32 // elements: newest declaration in scope; attributes: prefix
	start, stop int32 // place in src
	val, size   int32 // value in src or buf; elements: last child and prefix
}

// Document is a parsed document.
type Document struct {
	Version    string // of the XML declaration, "" without one
	Encoding   string // as declared, "" if not
	Standalone string // "yes", "no" or ""

	nodes  []node
	src    string // UTF-8, without byte order mark
	buf    []byte // values that needed unescaping
	decls  []decl
	uris   []string
	prefix []string
	table  *Names
	base   *names
	own    []Name
	ownIDs map[Name]NameID

	file  string
	lines []int32
	once  sync.Once
	index atomic.Pointer[nameIndex]
}

// decl is a namespace declaration; prev is the one declared before it in scope.
type decl struct{ prefix, uri, prev, hidden int32 }

// Len returns the number of nodes, attributes and the document node included.
func (d *Document) Len() int { return len(d.nodes) }

// Kind returns the kind of n.
func (d *Document) Kind(n Node) Kind { return d.nodes[n].kind }

// Name returns the id of the name of an element, attribute or instruction, else 0.
func (d *Document) Name(n Node) NameID { return d.nodes[n].name }

// Local returns the local part of the name of n, the target of an instruction.
func (d *Document) Local(n Node) string { return d.NameOf(d.nodes[n].name).Local }

// Space returns the namespace of the name of n, "" for none.
func (d *Document) Space(n Node) string { return d.NameOf(d.nodes[n].name).Space }

// Prefix returns the prefix that n was written with, "" for none.
func (d *Document) Prefix(n Node) string {
	v := &d.nodes[n]
	switch v.kind {
	case ElementNode:
		return d.prefix[v.size]
	case AttributeNode:
		return d.prefix[v.ns]
	}
	return ""
}

// QName returns the name of n as written, prefix included.
func (d *Document) QName(n Node) string {
	if p := d.Prefix(n); p != "" {
		return p + ":" + d.Local(n)
	}
	return d.Local(n)
}

// Root returns the outermost element.
func (d *Document) Root() Node {
	for n := d.FirstChild(0); n != None; n = d.Next(n) {
		if d.nodes[n].kind == ElementNode {
			return n
		}
	}
	return None
}

// Parent returns the parent of n, the element for an attribute, None for the document.
func (d *Document) Parent(n Node) Node { return d.nodes[n].parent }

// End returns the node after n and everything inside it in document order.
func (d *Document) End(n Node) Node { return d.nodes[n].end }

// FirstChild returns the first child of n or None. Attributes are no children.
func (d *Document) FirstChild(n Node) Node {
	v := &d.nodes[n]
	if c := n + 1 + Node(v.attrs); c < v.end {
		return c
	}
	return None
}

// LastChild returns the last child of n or None.
func (d *Document) LastChild(n Node) Node {
	if v := &d.nodes[n]; v.kind <= ElementNode {
		return Node(v.val)
	}
	return None
}

// Next returns the next sibling of n or None. An attribute has none.
func (d *Document) Next(n Node) Node {
	v := &d.nodes[n]
	if v.parent < 0 || v.kind == AttributeNode || v.end >= d.nodes[v.parent].end {
		return None
	}
	return v.end
}

// Prev returns the previous sibling of n or None. An attribute has none.
func (d *Document) Prev(n Node) Node { return d.nodes[n].prev }

// Attributes returns the range of the attributes of n: first, and the node after the last.
func (d *Document) Attributes(n Node) (first, end Node) {
	return n + 1, n + 1 + Node(d.nodes[n].attrs)
}

// Attribute returns the attribute of n with this name or None.
func (d *Document) Attribute(n Node, id NameID) Node {
	for a, end := d.Attributes(n); a < end; a++ {
		if d.nodes[a].name == id {
			return a
		}
	}
	return None
}

// Attr returns the value of the attribute of n without namespace and with this
// local name, and whether there is one.
func (d *Document) Attr(n Node, local string) (string, bool) {
	for a, end := d.Attributes(n); a < end; a++ {
		if name := d.NameOf(d.nodes[a].name); name.Local == local && name.Space == "" {
			return d.Value(a), true
		}
	}
	return "", false
}

// Children yields the children of n in order.
func (d *Document) Children(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for c := d.FirstChild(n); c != None; c = d.Next(c) {
			if !yield(c) {
				return
			}
		}
	}
}

// Elements yields the child elements of n in order.
func (d *Document) Elements(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for c := d.FirstChild(n); c != None; c = d.Next(c) {
			if d.nodes[c].kind == ElementNode && !yield(c) {
				return
			}
		}
	}
}

// Value returns the value of an attribute, text, comment or instruction, "" for other kinds.
func (d *Document) Value(n Node) string {
	v := &d.nodes[n]
	if v.kind <= ElementNode || v.size == 0 {
		return ""
	}
	if v.flags&inBuffer != 0 {
		return unsafe.String(&d.buf[v.val], int(v.size))
	}
	return d.src[v.val : v.val+v.size]
}

// IsWhite reports whether n is a text of white space only.
func (d *Document) IsWhite(n Node) bool { return d.nodes[n].flags&white != 0 }

// Text returns the string value of n: for an element or the document all text
// inside it, else the value. It allocates only if several texts must be joined.
func (d *Document) Text(n Node) string {
	v := &d.nodes[n]
	if v.kind > ElementNode {
		return d.Value(n)
	}
	first := None
	for c := n + 1 + Node(v.attrs); c < v.end; c++ {
		if d.nodes[c].kind != TextNode {
			continue
		}
		if first != None {
			return d.joined(first, v.end)
		}
		first = c
	}
	if first == None {
		return ""
	}
	return d.Value(first)
}

func (d *Document) joined(from, end Node) string {
	var b strings.Builder
	for c := from; c < end; c++ {
		if d.nodes[c].kind == TextNode {
			b.WriteString(d.Value(c))
		}
	}
	return b.String()
}

// Source returns the bytes of n as received: of an element from "<" to the ">"
// of its end tag. For input that was not UTF-8 it is the same text in UTF-8.
// The caller must not change them.
func (d *Document) Source(n Node) []byte {
	start, stop := d.Range(n)
	return unsafe.Slice(unsafe.StringData(d.src), len(d.src))[start:stop:stop]
}

// Range returns the place of n in the text, in bytes of UTF-8 after the byte order mark.
func (d *Document) Range(n Node) (start, stop int) {
	return int(d.nodes[n].start), int(d.nodes[n].stop)
}
