package load

import (
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/schemas"
)

// typeName reads the name of a type: of the language, or invoice/1, or
// invoice/1#line.
func (l *loader) typeName(n *yml.Node) formula.Type {
	if n == nil {
		return formula.Any
	}
	if t, ok := formula.ParseType(n.Text); ok {
		return t
	}
	t, err := documentType(n.Text)
	if err == nil {
		return t
	}
	known := append([]string{"string", "integer", "number", "boolean", "date", "time", "instant", "duration", "bytes", "tree", "list", "map",
		"secret", "certificate", "connection", "text"}, schemas.Documents()...)
	hint := diag.DidYouMean(n.Text, known)
	if word := otherWords[n.Text]; word != "" {
		hint = "here it is called " + word
	}
	l.fault(n.TextPos(), RuleTypeName, hint, "unknown type %q", n.Text)
	return formula.Any
}

// otherWords are names of types in other languages.
var otherWords = map[string]string{
	"int": "integer", "long": "integer", "bool": "boolean", "float": "number", "double": "number", "decimal": "number", "amount": "number",
	"datetime": "instant", "timestamp": "instant", "object": "map", "record": "map", "array": "list", "str": "string", "blob": "bytes", "xml": "tree",
}

// declared reads a map of names to types: inputs.
func (l *loader) declared(o object, key string) (inputs []engine.Input) {
	for _, e := range o.entries(key) {
		if !l.variable(e.Key, e.KeyPos, "input") {
			continue
		}
		in := engine.Input{Name: e.Key, Required: true, Pos: e.KeyPos}
		switch e.Value.Kind {
		case yml.Scalar:
			in.Type = l.inputType(e.Value)
		case yml.Map:
			m := l.object(e.Value, "input")
			in.Type, in.Required = l.inputType(m.get("type")), m.flag("required", true)
		default:
			l.fault(e.Value.Pos, RuleKind, "write name: type", "an input is declared with its type")
		}
		inputs = append(inputs, in)
	}
	return inputs
}

func (l *loader) inputType(n *yml.Node) formula.Type {
	if n != nil && n.Text == "members" {
		l.notBuilt(n.TextPos(), "batch flows")
		return formula.Any
	}
	return l.typeName(n)
}

// literalOf compiles a value that must fit a type. A literal text is converted
// to it: "2" becomes a number where one is wanted.
func (l *loader) literalOf(s *scope, n *yml.Node, t formula.Type, what string) *formula.Value {
	v := s.value(n)
	if v == nil {
		return nil
	}
	return l.fit(v, t, what)
}

// fit checks a value against a type and converts a literal to it.
func (l *loader) fit(v *formula.Value, t formula.Type, what string) *formula.Value {
	if t.Kind() == formula.AnyKind && (v.IsMap() || v.IsList()) {
		return v
	}
	x, constant := v.Constant()
	if constant && v.Program() == nil && x != nil {
		if t.Kind() == formula.SecretKind || t.Kind() == formula.CertificateKind || t.Kind() == formula.ConnectionKind {
			return v
		}
		y, err := t.Convert(x)
		if err != nil {
			l.fault(v.Pos(), RuleType, "", "%s: %s", what, cause(err))
			return nil
		}
		return formula.Literal(y, v.Pos())
	}
	if got := v.Type(); !fits(got, t) {
		l.fault(v.Pos(), RuleType, "", "%s is a %s, not a %s", what, t, got)
		return nil
	}
	return v
}

// cause returns the message of the first problem in err.
func cause(err error) string {
	if list, ok := err.(diag.List); ok && len(list) > 0 {
		return list[0].Message
	}
	return err.Error()
}

// fits reports whether a value of static type got may stand where want is
// asked for.
func fits(got, want formula.Type) bool {
	g, w := got.Kind(), want.Kind()
	switch {
	case g == w, g == formula.AnyKind, w == formula.AnyKind, g == formula.AbsentKind:
		return true
	case w == formula.NumberKind:
		return g == formula.IntegerKind
	case w == formula.IntegerKind:
		return g == formula.NumberKind
	case w == formula.BytesKind:
		return g == formula.TreeKind || g == formula.StringKind
	case w == formula.TreeKind:
		return g == formula.BytesKind
	case w == formula.TextKind:
		return g == formula.StringKind || g == formula.MapKind
	case w == formula.SecretKind, w == formula.ConnectionKind, w == formula.CertificateKind:
		return g == formula.StringKind || g == formula.SecretKind || g == formula.MapKind || g == formula.CertificateKind || g == formula.BytesKind
	case w == formula.StringKind:
		return g == formula.TextKind
	case w == formula.InstantKind:
		return g == formula.DateKind
	}
	return false
}
