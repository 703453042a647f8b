package yml

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Kind is the sort of a node.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota
	Map
	List
)

// String names the kind for messages.
func (k Kind) String() string { return [...]string{"text", "map", "list"}[k] }

// Style is how a scalar is written.
type Style uint8

// The styles of a scalar.
const (
	Plain Style = iota
	Single
	Double
	Literal
	Folded
)

// Node is a YAML node. An alias is the node it stands for. Nodes are read-only.
type Node struct {
	Kind    Kind
	Style   Style
	Flow    bool     // a map or list in { } or [ ]
	Pos     diag.Pos // of its first character; of a quoted text the mark, of a block the "|"
	Text    string   // of a scalar, without quotation marks, escapes resolved
	Entries []Entry  // of a map, in written order, keys unique
	Items   []*Node  // of a list

	text diag.Pos // of the first character of Text
	raw  []int    // columns of the code points of Text, if escapes move them
}

// Entry is a member of a map.
type Entry struct {
	Key    string
	KeyPos diag.Pos
	Value  *Node
}

// Get returns the value of key, or nil. It works on any node and on nil.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns the member with that key, or nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Quoted reports whether a scalar stands in quotation marks.
func (n *Node) Quoted() bool { return n.Style == Single || n.Style == Double }

// Empty reports whether nothing is written where a value could stand, as
// after "key:".
func (n *Node) Empty() bool { return n.Kind == Scalar && n.Style == Plain && n.Text == "" }

// TextPos returns the place of the first character of a scalar: one column
// behind the mark of a quoted text, one line below the "|" of a block.
func (n *Node) TextPos() diag.Pos { return n.text }

// At returns the place of the code point at offset in Text.
func (n *Node) At(offset int) diag.Pos {
	head := []rune(n.Text)
	head = head[:min(offset, len(head))]
	p, line := n.text, string(head)
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		p.Line += strings.Count(line, "\n")
		line = line[i+1:]
	}
	return n.exact(p.Right(len([]rune(line))))
}

// exact moves a place inside a quoted text to where the character is written,
// when escapes before it made the text shorter than what is written.
func (n *Node) exact(p diag.Pos) diag.Pos {
	if len(n.raw) > 0 && p.Line == n.text.Line {
		if i := p.Column - n.text.Column; i >= 0 && i < len(n.raw) {
			p.Column = n.raw[i]
		}
	}
	return p
}

// Clone returns a copy whose maps and lists are its own.
func (n *Node) Clone() *Node {
	c := *n
	c.Entries, c.Items = slices.Clone(n.Entries), slices.Clone(n.Items)
	for i := range c.Entries {
		c.Entries[i].Value = c.Entries[i].Value.Clone()
	}
	for i := range c.Items {
		c.Items[i] = c.Items[i].Clone()
	}
	return &c
}

// Text returns a plain text at a place, as if it had been written there.
func Text(text string, pos diag.Pos) *Node { return &Node{Pos: pos, Text: text, text: pos} }

// Line tells a node in one line; of nothing it is empty.
func (n *Node) Line() string {
	if n == nil {
		return ""
	}
	var parts []string
	switch n.Kind {
	case Map:
		for _, e := range n.Entries {
			parts = append(parts, e.Key+": "+e.Value.Line())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case List:
		for _, i := range n.Items {
			parts = append(parts, i.Line())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return strings.Join(strings.Fields(n.Text), " ")
}
