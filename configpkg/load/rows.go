package load

import (
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

var lineEnds = map[string]string{"": "\r\n", "crlf": "\r\n", "lf": "\n", "none": ""}

// rowMapping compiles a mapping of format csv or fixed.
func (l *loader) rowMapping(m *nodes.Mapping, o object, c *nodeCompiler, s *scope) {
	x := l.object(o.get("lines"), "lines")
	r := &nodes.Rows{Separator: ",", Header: m.Format == nodes.CSV && x.flag("header", true), End: lineEnds[x.word("end")]}
	if n := x.get("separator"); n != nil {
		r.Separator = l.oneCharacter(n, "separator")
	}
	blocks := o.nodes("rows")
	if len(blocks) == 0 {
		return
	}
	for _, n := range blocks {
		if b := l.rowBlock(n, c, s); b != nil {
			r.Blocks = append(r.Blocks, b)
		}
	}
	m.Rows = r
}

// oneCharacter returns a text that is one character.
func (l *loader) oneCharacter(n *yml.Node, key string) string {
	if utf8.RuneCountInString(n.Text) != 1 || n.Text == "\"" || n.Text == "\n" || n.Text == "\r" {
		l.fault(n.TextPos(), RuleWord, "write one character", "%q takes one character, not %q", key, n.Text)
	}
	return n.Text
}

func (l *loader) rowBlock(n *yml.Node, c *nodeCompiler, s *scope) *nodes.RowBlock {
	o := l.object(n, "rows")
	if !o.ok() {
		return nil
	}
	b := &nodes.RowBlock{Node: &nodes.Node{Kind: nodes.Group, Pos: n.Pos}, Pos: n.Pos}
	s = c.modifiers(b.Node, n, s)
	for _, m := range o.nodes("columns") {
		x := l.object(m, "column")
		if !x.ok() {
			continue
		}
		col := nodes.Column{Name: x.word("name"), Width: x.number("width", 1, 0), Right: x.word("align") == "right", Pos: m.Pos}
		if p := x.get("pad"); p != nil {
			col.Pad, _ = utf8.DecodeRuneInString(l.oneCharacter(p, "pad"))
		}
		if v := s.value(x.get("value")); v != nil {
			col.Value = &nodes.Node{Kind: nodes.TextNode, Name: col.Name, Pos: m.Pos, Value: v}
			b.Columns = append(b.Columns, col)
		}
	}
	return b
}
