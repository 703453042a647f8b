package lint

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/engine"
)

// Measures of the drawing, in pixels.
const (
	boxWidth  = 190
	boxHeight = 44
	gapX      = 24
	gapY      = 30
	margin    = 16
	deedLine  = 14
	titleLine = 26
)

// SVG draws the flows of a package, one below the other: each step in a box
// below those it waits for, with what follows its outcomes. It needs no other
// program.
func SVG(p *engine.Package) string {
	var body strings.Builder
	y, width := margin, 0
	for _, f := range p.Flows {
		d := drawing{flow: f, steps: steps(f), top: y}
		d.layout()
		d.write(&body)
		y, width = d.bottom+gapY, max(width, d.right)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"flows of %s\">\n",
		width+margin, y, width+margin, y, html.EscapeString(p.ID))
	b.WriteString(style)
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

const style = `<style>
  text { font: 12px Helvetica, Arial, sans-serif; fill: #222 }
  .flow { font-weight: bold; font-size: 14px } .does { fill: #555; font-size: 11px } .deed { fill: #555; font-size: 10px }
  .box { fill: #fff; stroke: #444 } .sends { stroke-width: 3 } .reads { stroke-dasharray: 5 3 } .records { fill: #eee } .use { fill: #f4f8ff; stroke: #36c }
  .edge { fill: none; stroke: #888 }
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#888"/></marker></defs>
`

// drawing is one flow with the places of its steps.
type drawing struct {
	flow   *engine.Flow
	steps  []graphStep
	top    int
	x, y   []int
	right  int
	bottom int
}

// layout puts every step into the row below all it waits for.
func (d *drawing) layout() {
	rows := make([]int, len(d.steps))
	var inRow []int
	heights := map[int]int{}
	d.x, d.y = make([]int, len(d.steps)), make([]int, len(d.steps))
	for i, s := range d.steps {
		for _, id := range s.after {
			if j := d.index(id); j >= 0 && j < i {
				rows[i] = max(rows[i], rows[j]+1)
			}
		}
		for len(inRow) <= rows[i] {
			inRow = append(inRow, 0)
		}
		d.x[i] = margin + inRow[rows[i]]*(boxWidth+gapX)
		inRow[rows[i]]++
		heights[rows[i]] = max(heights[rows[i]], boxHeight+deedLine*len(s.deeds))
		d.right = max(d.right, d.x[i]+boxWidth)
	}
	tops := make([]int, len(inRow)+1)
	tops[0] = d.top + titleLine
	for r := range inRow {
		tops[r+1] = tops[r] + heights[r] + gapY
	}
	for i := range d.steps {
		d.y[i] = tops[rows[i]]
	}
	d.bottom = tops[len(inRow)]
	d.right = max(d.right, margin+8*utf8.RuneCountInString(d.flow.Name+string(d.flow.Kind)))
}

func (d *drawing) index(id string) int {
	return slices.IndexFunc(d.steps, func(s graphStep) bool { return s.id == id })
}

func (d *drawing) write(b *strings.Builder) {
	fmt.Fprintf(b, "<text class=\"flow\" x=\"%d\" y=\"%d\">%s</text>\n", margin, d.top+14, html.EscapeString(d.flow.Name+" · "+string(d.flow.Kind)))
	for i, s := range d.steps {
		for _, id := range s.after {
			if j := d.index(id); j >= 0 {
				d.edge(b, j, i)
			}
		}
	}
	for i, s := range d.steps {
		d.box(b, i, s)
	}
}

func (d *drawing) edge(b *strings.Builder, from, to int) {
	x1, y1 := d.x[from]+boxWidth-24, d.y[from]+boxHeight // right of what is written below the box
	x2, y2 := d.x[to]+boxWidth-24, d.y[to]
	fmt.Fprintf(b, "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n", x1, y1, x1, y1+gapY, x2, y2-gapY, x2, y2)
}

func (d *drawing) box(b *strings.Builder, i int, s graphStep) {
	x, y := d.x[i], d.y[i]
	fmt.Fprintf(b, "<rect class=\"box %s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", s.kind, x, y, boxWidth, boxHeight)
	title := s.id
	if s.note != "" {
		title += " (" + s.note + ")"
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\">%s</text>\n", x+8, y+18, html.EscapeString(short(title, 30)))
	fmt.Fprintf(b, "<text class=\"does\" x=\"%d\" y=\"%d\">%s</text>\n", x+8, y+34, html.EscapeString(short(s.does+" · "+s.kind, 34)))
	for k, deed := range s.deeds {
		fmt.Fprintf(b, "<text class=\"deed\" x=\"%d\" y=\"%d\">%s</text>\n", x+12, y+boxHeight+deedLine*(k+1)-2, html.EscapeString(short(deed.on+" → "+deed.then, 36)))
	}
}

// short cuts a text to n characters.
func short(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
