package overlay

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// cut is a piece of a text that is replaced; from and to are bytes.
type cut struct {
	from, to int
	with     string
}

// offset returns the byte at a place.
func offset(text string, pos diag.Pos) int {
	at := 0
	for range pos.Line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	for range pos.Column - 1 {
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	return at
}

// scalar replaces what a text of one line says; quotation marks go.
func scalar(text string, n *yml.Node, with string) cut {
	at := offset(text, n.Pos)
	if n.Quoted() {
		return cut{at, end(text, at), with}
	}
	return cut{at, at + len(n.Text), with}
}

// item cuts the item i out of a list. others says of further items whether they
// are cut too.
func item(text string, list *yml.Node, i int, others func(int) bool) (cut, error) {
	at := offset(text, list.Items[i].Pos)
	if list.Flow {
		return flowItem(text, list, i, others)
	}
	start := strings.LastIndexByte(text[:at], '\n') + 1
	if strings.TrimSpace(text[start:at]) != "-" {
		return cut{}, diag.Problem{Pos: list.Items[i].Pos, Rule: RuleForm, Message: "the change does not begin on a line of its own", Hint: "write it behind a dash"}
	}
	dash := strings.IndexByte(text[start:], '-')
	to := start
	for line := range strings.Lines(text[start:]) {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		said := strings.TrimSpace(line)
		if to > start && (indent <= dash || strings.HasPrefix(said, "#")) && said != "" {
			break
		}
		to += len(line)
	}
	return cut{start, to, ""}, nil
}

// flowItem cuts an item of a list in brackets, with one of its commas.
func flowItem(text string, list *yml.Node, i int, others func(int) bool) (cut, error) {
	at := offset(text, list.Items[i].Pos)
	if text[at] != '{' {
		return cut{}, diag.Problem{Pos: list.Items[i].Pos, Rule: RuleForm, Message: "the change is not in braces", Hint: "write it behind a dash"}
	}
	if i+1 < len(list.Items) {
		return cut{at, offset(text, list.Items[i+1].Pos), ""}, nil
	}
	from := at
	for j := i - 1; j >= 0; j-- { // the comma goes that stands behind the last one kept
		if !others(j) {
			from = end(text, offset(text, list.Items[j].Pos))
			break
		}
	}
	if i > 0 && from != at && others(i-1) { // what lies between is cut already
		from = at
	}
	return cut{from, end(text, at), ""}, nil
}

// end returns the byte behind what begins at a quotation mark or bracket.
func end(text string, at int) int {
	depth, quote := 0, byte(0)
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth == 0 && quote == 0 {
			return i + 1
		}
	}
	return len(text)
}
