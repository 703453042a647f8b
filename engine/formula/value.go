package formula

import "github.com/fiscus-project/fiscus/internal/diag"

// Value is a YAML value compiled by the value rule: a literal, a formula, a
// text with holes, a map or a list of values. It is safe for concurrent use.
type Value struct {
	pos     diag.Pos
	literal any
	program *Program
	parts   []Part
	entries []Entry
	list    []*Value
	form    form
}

type form uint8

const (
	literalForm form = iota
	formulaForm
	templateForm
	mapForm
	listForm
)

// Part is a piece of a text with holes: a hole if Hole is not nil.
type Part struct {
	Text string
	Hole *Program
}

// Entry is a member of a Map.
type Entry struct {
	Key   string
	Pos   diag.Pos // of the key
	Value *Value
}

// Literal returns a value that is always v, one of the values of formulas.
func Literal(v any, pos diag.Pos) *Value { return &Value{form: literalForm, literal: v, pos: pos} }

// Formula returns the value of p.
func Formula(p *Program) *Value { return &Value{form: formulaForm, program: p, pos: p.pos} }

// Template returns a text put together from parts.
func Template(parts []Part, pos diag.Pos) *Value {
	return &Value{form: templateForm, parts: parts, pos: pos}
}

// Map returns a map whose entries are evaluated in order.
func Map(entries []Entry, pos diag.Pos) *Value {
	return &Value{form: mapForm, entries: entries, pos: pos}
}

// List returns a list of values.
func List(values []*Value, pos diag.Pos) *Value { return &Value{form: listForm, list: values, pos: pos} }
