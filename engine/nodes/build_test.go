package nodes

import (
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The tests of this package build mappings by hand; those of configpkg/load
// read them from YAML.

var amount, _ = formula.FromDefinition(map[string]any{"$defs": map[string]any{"amount": map[string]any{"type": "number"}}}, "amount")

// decl declares the names of the tests. The field "amount" has the type of the
// definition "amount".
func decl() *formula.Decl {
	names := map[string]formula.Type{
		"document": formula.MapOf(map[string]formula.Type{"amount": amount, "long": amount}, true),
	}
	for _, n := range []string{"x", "y", "i", "input", "z", "named", "line"} {
		names[n] = formula.Any
	}
	return &formula.Decl{Names: names}
}

func val(src string) *formula.Value {
	v, problems := formula.CompileText(src, diag.Pos{File: "m.yaml", Line: 1, Column: 1}, decl(), false)
	if problems.Grave() {
		panic(src + ": " + problems.Error())
	}
	return v
}

func cond(src string) *formula.Program {
	p, problems := formula.CompileCondition(src, diag.Pos{File: "m.yaml", Line: 1, Column: 1}, decl(), false)
	if problems.Grave() {
		panic(src + ": " + problems.Error())
	}
	return p
}

// el makes an element; a string among the parts is its text.
func el(name string, parts ...any) *Node {
	n := &Node{Kind: Element, Name: name}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			n.Value = val(p)
		case *Node:
			n.Children = append(n.Children, p)
		case func(*Node):
			p(n)
		}
	}
	return n
}

func at(name, src string) *Node { return &Node{Kind: Attribute, Name: name, Value: val(src)} }

func text(src string) *Node { return &Node{Kind: TextNode, Value: val(src)} }

func group(parts ...any) *Node {
	n := el("", parts...)
	n.Kind = Group
	return n
}

func list(parts ...any) *Node {
	n := el("", parts...)
	n.Kind = Entries
	return n
}

func raw(src string) *Node { return &Node{Kind: RawNode, Raw: val(src)} }

func use(f *Fragment, with map[string]string) *Node {
	n := &Node{Kind: Use, Fragment: f}
	for _, in := range f.Inputs {
		if src, ok := with[in.Name]; ok {
			n.With = append(n.With, Let{Name: in.Name, Value: val(src)})
		}
	}
	return n
}

func choice(on string, cases ...Case) *Node {
	return &Node{Kind: Choice, Switch: val(on), Cases: cases}
}

func when(values string, nodes ...*Node) Case {
	if values == "else" {
		return Case{Else: true, Nodes: nodes}
	}
	return Case{Values: strings.Split(values, ", "), Nodes: nodes}
}

func iff(src string) func(*Node) { return func(n *Node) { n.If = cond(src) } }

func keep(n *Node) { n.Keep = true }

func let(name, src string) func(*Node) {
	return func(n *Node) { n.Let = append(n.Let, Let{Name: name, Value: val(src)}) }
}

func each(item, index, src string) func(*Node) {
	return func(n *Node) { n.For = &For{Item: item, Index: index, In: val(src).Program()} }
}

// sample is the document of the tests.
func sample() map[string]any {
	return map[string]any{
		"name": "A & B <Ltd>", "empty": "", "yes": true, "no": false,
		"amount": decimal.MustParse("7"), "long": decimal.MustParse("1.23456"), "plain": decimal.MustParse("1.50"), "zero": decimal.MustParse("0"),
		"day": civil.Date{Year: 2026, Month: 3, Day: 1}, "at": time.Date(2026, 3, 1, 23, 30, 0, 0, time.UTC), "clock": civil.Clock{Hour: 9, Minute: 5},
		"bytes": []byte("<r>1</r>"), "doc": []byte(`<?xml version="1.0"?><!-- c --><r xmlns="urn:r"><s/></r>`),
		"buyer": map[string]any{"name": "Buyer", "city": nil},
		"lines": []any{
			map[string]any{"id": "1", "net": decimal.MustParse("10.00"), "kind": "a", "tags": []any{"p", "q"}},
			map[string]any{"id": "2", "net": decimal.MustParse("5.5"), "kind": "b"},
			map[string]any{"id": "3", "kind": "c"},
		},
		"none": []any{},
	}
}

func scope() *formula.Scope {
	s := formula.NewScope(nil)
	s.Set("document", sample())
	return s
}

func xmlMapping(root *Node) *Mapping { return &Mapping{Name: "m", Format: XML, Root: root} }

func prepared(t testing.TB, m *Mapping) *Mapping {
	t.Helper()
	if problems := m.Prepare(); problems.Grave() {
		t.Fatalf("prepare: %v", problems)
	}
	return m
}

func written(t testing.TB, m *Mapping, o Options) string {
	t.Helper()
	r, err := prepared(t, m).Write(scope(), o)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	return string(r.Bytes)
}
