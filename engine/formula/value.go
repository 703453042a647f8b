package formula

import (
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

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
func Formula(p *Program) *Value { return &Value{form: formulaForm, program: p, pos: p.Pos()} }

// Template returns a text put together from parts.
func Template(parts []Part, pos diag.Pos) *Value {
	return &Value{form: templateForm, parts: parts, pos: pos}
}

// Map returns a map whose entries are evaluated in order.
func Map(entries []Entry, pos diag.Pos) *Value {
	return &Value{form: mapForm, entries: entries, pos: pos}
}

// List returns a list of values.
func List(values []*Value, pos diag.Pos) *Value {
	return &Value{form: listForm, list: values, pos: pos}
}

// Pos returns the place of the value.
func (v *Value) Pos() diag.Pos { return v.pos }

// Program returns the formula of a Formula, else nil.
func (v *Value) Program() *Program { return v.program }

// Parts returns the pieces of a Template, else nil.
func (v *Value) Parts() []Part { return v.parts }

// Entries returns the members of a Map, else nil.
func (v *Value) Entries() []Entry { return v.entries }

// Items returns the members of a List, else nil.
func (v *Value) Items() []*Value { return v.list }

// IsMap reports whether v is a Map.
func (v *Value) IsMap() bool { return v.form == mapForm }

// IsList reports whether v is a List.
func (v *Value) IsList() bool { return v.form == listForm }

// Type returns the static type of the result: a template is a string, or a
// secret if a hole is one.
func (v *Value) Type() Type {
	switch v.form {
	case formulaForm:
		return v.program.typ
	case templateForm:
		for _, p := range v.parts {
			if p.Hole != nil && p.Hole.typ.kind == SecretKind {
				return SecretType.Required()
			}
		}
		return String.Required()
	case mapForm:
		fields := make(map[string]Type, len(v.entries))
		for _, e := range v.entries {
			fields[e.Key] = e.Value.Type()
		}
		return MapOf(fields, false).Required()
	case listForm:
		return v.listType().Required()
	}
	return typeOfValue(v.literal)
}

func (v *Value) listType() Type {
	if len(v.list) == 0 {
		return ListOf(Any)
	}
	t := v.list[0].Type()
	for _, x := range v.list[1:] {
		t = unify(t, x.Type())
	}
	return ListOf(t)
}

func typeOfValue(v any) Type {
	if d, ok := v.(decimal.Decimal); ok && d.Scale() == 0 {
		return Integer.Required()
	}
	return Type{kind: KindOf(v), required: v != nil}
}

// Programs returns every formula in v, in order of the text.
func (v *Value) Programs() []*Program {
	var all []*Program
	v.each(func(p *Program) { all = append(all, p) })
	return all
}

func (v *Value) each(visit func(*Program)) {
	if v.program != nil {
		visit(v.program)
	}
	for _, p := range v.parts {
		if p.Hole != nil {
			visit(p.Hole)
		}
	}
	for _, e := range v.entries {
		e.Value.each(visit)
	}
	for _, x := range v.list {
		x.each(visit)
	}
}

// Refs returns the names all formulas in v read; see Program.Refs.
func (v *Value) Refs() [][]string {
	var all [][]string
	v.each(func(p *Program) { all = append(all, p.refs...) })
	return uniqueRefs(all)
}

// Calls returns the uses of functions in all formulas of v; see Program.Calls.
func (v *Value) Calls() []Call {
	var all []Call
	v.each(func(p *Program) { all = append(all, p.calls...) })
	return all
}

// Constant returns the result of a value that is always the same.
func (v *Value) Constant() (any, bool) {
	switch v.form {
	case literalForm:
		return v.literal, true
	case formulaForm:
		return v.program.Constant()
	}
	if len(v.Programs()) > 0 {
		return nil, false
	}
	out, err := v.Eval(NewScope(nil))
	return out, err == nil
}
