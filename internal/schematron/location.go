package schematron

import (
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Location returns the path of a node for people: names as written in the document,
// numbered where siblings share a name.
func Location(d *xmltree.Document, n xmltree.Node) string {
	if n == 0 {
		return "/"
	}
	var parts []string
	for ; n > 0; n = d.Parent(n) {
		parts = append(parts, stepOf(d, n))
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(parts[i])
	}
	return b.String()
}

func stepOf(d *xmltree.Document, n xmltree.Node) string {
	switch d.Kind(n) {
	case xmltree.AttributeNode:
		return "@" + d.QName(n)
	case xmltree.TextNode:
		return "text()"
	case xmltree.CommentNode:
		return "comment()"
	case xmltree.InstructionNode:
		return "processing-instruction()"
	}
	at, more, name := 1, false, d.Name(n)
	for p := d.Prev(n); p != xmltree.None; p = d.Prev(p) {
		if d.Kind(p) == xmltree.ElementNode && d.Name(p) == name {
			at++
		}
	}
	for p := d.Next(n); p != xmltree.None && at == 1 && !more; p = d.Next(p) {
		more = d.Kind(p) == xmltree.ElementNode && d.Name(p) == name
	}
	if at > 1 || more {
		return d.QName(n) + "[" + itoa(at) + "]"
	}
	return d.QName(n)
}
