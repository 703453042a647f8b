package nodes

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rows is what mappings of format csv and fixed write: lines of values.
type Rows struct {
	Blocks    []*RowBlock // one after the other
	Separator string      // csv: between values; one character
	Header    bool        // csv: a first line with the names of the first block
	End       string      // of each line
}

// RowBlock writes a line, or a line for each member of a list.
type RowBlock struct {
	Node    *Node // a Group: For, Let and If of the block
	Columns []Column
	Pos     diag.Pos
}

// Column is a value of a line.
type Column struct {
	Name  string
	Value *Node // a TextNode; absent and empty leave the column empty
	Width int   // in characters; fixed: exactly so many; csv: at most; zero: any
	Right bool  // fixed: the value stands at the right
	Pad   rune  // fixed: what fills the column; zero: a blank
	Pos   diag.Pos
}

func (p *preparer) rows() {
	for _, b := range p.m.Rows.Blocks {
		p.node(b.Node)
		for i := range b.Columns {
			c := &b.Columns[i]
			if p.node(c.Value); p.m.Format == Fix && c.Width < 1 {
				p.problems.Addf(c.Pos, RuleNode, "a column of fixed text needs its width")
			}
		}
	}
}

func (w *writer) rows() {
	r := w.m.Rows
	if r.Header && len(r.Blocks) > 0 {
		for i, c := range r.Blocks[0].Columns {
			w.cell(r, i, c.Name)
		}
		w.out = append(w.out, r.End...)
	}
	for _, b := range r.Blocks {
		w.rounds(b.Node, w.top, func(s *formula.Scope, _ int) {
			if !w.full() {
				w.line(r, b, s)
			}
		})
	}
}

func (w *writer) line(r *Rows, b *RowBlock, s *formula.Scope) {
	for i := range b.Columns {
		c := &b.Columns[i]
		text, full := w.text(c.Value, w.eval(c.Value.Value, s))
		if full {
			s.Note(c.Pos, formula.Written)
		}
		if strings.ContainsAny(text, "\r\n") && w.m.Format == Fix {
			w.fault(c.Value.Value.Pos(), RuleCharacter, "column %q holds a line break", c.Name).Hint = "collapse white space in the mapping's text rule"
			return
		}
		long := utf8.RuneCountInString(text)
		if c.Width > 0 && long > c.Width {
			w.fault(c.Value.Value.Pos(), RuleWidth, "column %q takes %d characters, not %d", c.Name, c.Width, long).Hint = "cut it with left(text, n) where that is allowed"
			continue
		}
		if w.m.Format == Fix {
			w.padded(c, text, c.Width-long)
			continue
		}
		w.cell(r, i, text)
	}
	w.out = append(w.out, r.End...)
}

// padded fills the column.
func (w *writer) padded(c *Column, text string, n int) {
	pad := c.Pad
	if pad == 0 {
		pad = ' '
	}
	fill := strings.Repeat(string(pad), n)
	if c.Right {
		text, fill = fill, text
	}
	w.out = append(append(w.out, text...), fill...)
}

// cell writes a value of CSV, quoted where it must be.
// Source: RFC 4180, clause 2.
func (w *writer) cell(r *Rows, i int, text string) {
	if i > 0 {
		w.out = append(w.out, r.Separator...)
	}
	if strings.Contains(text, r.Separator) || strings.ContainsAny(text, "\"\r\n") || strings.TrimSpace(text) != text {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	w.out = append(w.out, text...)
}
