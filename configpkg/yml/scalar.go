package yml

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
	"gopkg.in/yaml.v3"
)

// conditions are the keys whose values are always formulas.
var conditions = map[string]bool{"when": true, "if": true, "until": true, "assert": true, "that": true, "$if": true}

// IsCondition reports whether the value of key is always a formula.
func IsCondition(key string) bool {
	head, _, _ := strings.Cut(key, ".")
	return conditions[key] || head == "$if"
}

func (p *parser) scalar(n *Node, y *yaml.Node, key string) {
	n.Text = y.Value
	switch {
	case y.Style&yaml.SingleQuotedStyle != 0:
		n.Style, n.text = Single, n.Pos.Right(1)
	case y.Style&yaml.DoubleQuotedStyle != 0:
		n.Style, n.text = Double, n.Pos.Right(1)
	case y.Style&yaml.LiteralStyle != 0:
		n.Style = Literal
		p.block(n)
	case y.Style&yaml.FoldedStyle != 0:
		n.Style = Folded
		p.block(n)
	}
	formula := strings.HasPrefix(n.Text, "=") || IsCondition(key)
	if n.Quoted() {
		p.quoted(n, formula)
	}
	switch {
	case n.Style == Folded && (formula || strings.Contains(n.Text, "{=")):
		p.folded(n)
	case n.Style == Plain && formula && n.Text != "":
		p.plain(n)
	}
}

func (p *parser) folded(n *Node) {
	p.fault(n.Pos, RuleFolded, `write it in one line, or as a literal block behind "|"`, "a formula folded over lines has no exact place")
}

// block finds where the text of a block begins.
func (p *parser) block(n *Node) {
	first, _, _ := strings.Cut(n.Text, "\n")
	n.text.Line++
	n.text.Column = 1
	if n.text.Line <= len(p.src.lines) {
		line := p.src.lines[n.text.Line-1]
		n.text.Column = max(1, utf8.RuneCountInString(line)-utf8.RuneCountInString(first)+1)
		if indent := len(line) - len(strings.TrimLeft(line, " ")); n.Style == Folded {
			n.text.Column = indent + 1
		}
	}
}

// plain checks that a plain formula was read as it is written.
func (p *parser) plain(n *Node) {
	rest := p.src.rest(n.Pos)
	behind, whole := strings.CutPrefix(rest, n.Text)
	if !whole {
		p.folded(n)
		return
	}
	if strings.HasPrefix(behind, " #") {
		p.fault(n.At(utf8.RuneCountInString(n.Text)+1), RuleComment, `a formula that holds " #" needs quotes; a comment behind one needs two blanks before "#"`,
			"YAML cuts the formula here")
	}
}

// quoted checks that a quoted formula stands in one line and finds the columns
// of its characters when escapes move them.
func (p *parser) quoted(n *Node, formula bool) {
	rest := p.src.rest(n.text)
	columns, column, escapes := []int(nil), n.text.Column, false
	for rest != "" {
		size, escape := written(rest, n.Style)
		if size == 0 {
			break
		}
		columns = append(columns, column)
		column += utf8.RuneCountInString(rest[:size])
		escapes = escapes || escape
		rest = rest[size:]
	}
	if rest == "" {
		if formula || strings.Contains(n.Text, "{=") {
			p.folded(n)
		}
		return
	}
	if escapes && len(columns) == utf8.RuneCountInString(n.Text) {
		n.raw = append(columns, column)
	}
}

// written returns how many bytes stand for the next character of a quoted
// text; 0 at its end.
func written(rest string, style Style) (size int, escape bool) {
	switch {
	case style == Single && strings.HasPrefix(rest, "''"):
		return 2, true
	case style == Single && rest[0] == '\'', style == Double && rest[0] == '"':
		return 0, false
	case style == Double && rest[0] == '\\' && len(rest) > 1:
		n := map[byte]int{'x': 4, 'u': 6, 'U': 10}[rest[1]]
		return min(max(n, 2), len(rest)), true
	}
	_, size = utf8.DecodeRuneInString(rest)
	return size, false
}

// exactly moves the places of problems found in the text of n to where their
// characters are written.
func (n *Node) exactly(problems diag.List) diag.List {
	if len(n.raw) == 0 {
		return problems
	}
	for i := range problems {
		problems[i].Pos = n.exact(problems[i].Pos)
	}
	return problems
}
