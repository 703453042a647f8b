package xmltree

import (
	"slices"
	"strconv"
	"strings"
)

// Path returns the place of n as a path: /a/p:b[2]/@c, with the prefixes as
// written and positions where an element has siblings of the same name.
func (d *Document) Path(n Node) string {
	var parts []string
	for ; n > 0; n = d.Parent(n) {
		switch d.Kind(n) {
		case AttributeNode:
			parts = append(parts, "@"+d.QName(n))
		case ElementNode:
			parts = append(parts, d.QName(n)+d.position(n))
		case TextNode:
			parts = append(parts, "text()")
		}
	}
	slices.Reverse(parts)
	return "/" + strings.Join(parts, "/")
}

// position returns [k] if n is not the only child of its name.
func (d *Document) position(n Node) string {
	before, after := 0, false
	name := d.nodes[n].name
	for s := d.Prev(n); s != None; s = d.Prev(s) {
		if d.nodes[s].kind == ElementNode && d.nodes[s].name == name {
			before++
		}
	}
	for s := d.Next(n); s != None && before == 0 && !after; s = d.Next(s) {
		after = d.nodes[s].kind == ElementNode && d.nodes[s].name == name
	}
	if before == 0 && !after {
		return ""
	}
	return "[" + strconv.Itoa(before+1) + "]"
}
