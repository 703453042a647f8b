package yml

import (
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Value compiles n by the value rule: a scalar with "=" in front is a formula,
// another one a literal text that may have holes; maps and lists hold values.
// Nothing written (as after "key:") is absent. With problems the value may be
// nil.
func Value(n *Node, d *formula.Decl) (*formula.Value, diag.List) {
	switch n.Kind {
	case Map:
		return mapValue(n, d)
	case List:
		return listValue(n, d)
	}
	if n.Empty() {
		return formula.Literal(nil, n.Pos), nil
	}
	text, pos, quoted := n.source()
	v, problems := formula.CompileText(text, pos, d, quoted)
	return v, n.exactly(problems)
}

// source returns the text to compile and its place. The last line break of a
// block that is a formula is no part of it.
func (n *Node) source() (string, diag.Pos, bool) {
	if n.Style == Literal || n.Style == Folded {
		if strings.HasPrefix(n.Text, "=") {
			return strings.TrimRight(n.Text, "\n"), n.text, false
		}
		return n.Text, n.text, false
	}
	return n.Text, n.Pos, n.Quoted()
}

func mapValue(n *Node, d *formula.Decl) (*formula.Value, diag.List) {
	var problems diag.List
	entries := make([]formula.Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		v, found := Value(e.Value, d)
		if problems = append(problems, found...); v != nil {
			entries = append(entries, formula.Entry{Key: e.Key, Pos: e.KeyPos, Value: v})
		}
	}
	return formula.Map(entries, n.Pos), problems
}

func listValue(n *Node, d *formula.Decl) (*formula.Value, diag.List) {
	var problems diag.List
	list := make([]*formula.Value, 0, len(n.Items))
	for _, m := range n.Items {
		v, found := Value(m, d)
		if problems = append(problems, found...); v != nil {
			list = append(list, v)
		}
	}
	return formula.List(list, n.Pos), problems
}

// Condition compiles a scalar that is always a formula and says whether
// something holds: the value of when, if, until, assert, $if.
func Condition(n *Node, d *formula.Decl) (*formula.Program, diag.List) {
	text, pos, quoted := n.source()
	p, problems := formula.CompileCondition(strings.TrimRight(text, "\n"), pos, d, quoted)
	return p, n.exactly(problems)
}

// Formula compiles the part of a scalar from code point offset on as a
// formula, such as what stands behind "in" of "x in list".
func (n *Node) Formula(offset int, d *formula.Decl) (*formula.Program, diag.List) {
	text := strings.TrimRight(string([]rune(n.Text)[offset:]), "\n")
	at := n.text.Right(offset)
	p, problems := formula.Compile(text, at, d)
	return p, n.exactly(problems)
}
