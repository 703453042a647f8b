package xmltree

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Pos returns the place where n begins. Line ends are counted once per document, on the first call.
func (d *Document) Pos(n Node) diag.Pos { return d.PosAt(int(d.nodes[n].start)) }

// PosAt returns the place of a byte of the text (see Range).
func (d *Document) PosAt(offset int) diag.Pos {
	d.once.Do(func() { d.lines = lineStarts(d.src) })
	line := sort.Search(len(d.lines), func(i int) bool { return int(d.lines[i]) > offset })
	from := 0
	if line > 0 {
		from = int(d.lines[line-1])
	}
	return diag.Pos{File: d.file, Line: line + 1, Column: utf8.RuneCountInString(d.src[from:offset]) + 1}
}

// lineStarts returns the offset after each line end: LF, CR LF or CR.
func lineStarts(s string) []int32 {
	starts := make([]int32, 0, strings.Count(s, "\n")+1)
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == '\r' && (i+1 == len(s) || s[i+1] != '\n') {
			starts = append(starts, int32(i+1))
		}
	}
	return starts
}
