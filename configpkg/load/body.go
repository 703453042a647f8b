package load

import (
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// bodyForms are the ways to write the body of a call; exactly one is given.
var bodyForms = []string{"xml", "json", "form", "multipart", "bytes", "mapping"}

// bodyGiven compiles the body of a call. A scalar is the bytes themselves. A
// mapping, or a structure under xml or json, becomes a mapping in Refs; the
// value then holds part and input.
func (l *loader) bodyGiven(st *stepUnit, s *scope, p *engine.Param, e yml.Entry) {
	n := e.Value
	if n.Kind == yml.Scalar {
		l.put(st, s, e, formula.Bytes)
		return
	}
	if n.Kind != yml.Map {
		l.fault(n.Pos, RuleKind, "", "%q takes a formula or a map, not a list", e.Key)
		return
	}
	form := ""
	for _, f := range bodyForms {
		if n.Entry(f) != nil {
			if form != "" {
				l.fault(n.Entry(f).KeyPos, RuleInput, "leave out one of them", "a body is %s or %s, not both", form, f)
				return
			}
			form = f
		}
	}
	if form == "" {
		l.fault(n.Pos, RuleInput, "write one of xml, json, form, multipart, bytes, mapping", "a body without content")
		return
	}
	l.bodyKeys(e, form)
	switch form {
	case "xml", "json":
		if m := l.inlineMapping(s, form, n.Get(form)); m != nil {
			st.step.Refs[p.Name] = m
			st.extra = append(st.extra, mappingRefs(m)...)
		}
		st.step.With = append(st.step.With, engine.Let{Name: e.Key, Pos: e.KeyPos,
			Value: formula.Map([]formula.Entry{{Key: form, Pos: n.Pos, Value: formula.Literal("", n.Pos)}}, n.Pos)})
	case "mapping":
		l.bodyMapping(st, s, p, e)
	default:
		l.put(st, s, e, formula.Any)
	}
}

var besides = map[string][]string{"bytes": {"type", "file"}, "mapping": {"part", "input", "type"}, "xml": {"type"}, "json": {"type"}}

func (l *loader) bodyKeys(e yml.Entry, form string) {
	for _, m := range e.Value.Entries {
		ok := m.Key == form
		for _, k := range besides[form] {
			ok = ok || m.Key == k
		}
		if !ok {
			l.fault(m.KeyPos, RuleUnknownKey, diag.DidYouMean(m.Key, append([]string{form}, besides[form]...)), "unknown key %q in a body of %s", m.Key, form)
		}
	}
}

// bodyMapping compiles {mapping, part, input}.
func (l *loader) bodyMapping(st *stepUnit, s *scope, p *engine.Param, e yml.Entry) {
	n := e.Value
	m := l.mappingGiven(s, n.Get("mapping"))
	if m == nil {
		return
	}
	st.step.Refs[p.Name] = m
	var entries []formula.Entry
	if part := n.Get("part"); part != nil {
		l.partOf(m, part)
		entries = append(entries, formula.Entry{Key: "part", Pos: part.Pos, Value: formula.Literal(part.Text, part.Pos)})
	}
	lets := l.inputsGiven(s, n.Get("input"), mappingInputs(m, n.Get("part")), n.Pos, "mapping "+m.File)
	input := formula.Map(nil, n.Pos)
	for _, x := range lets {
		st.extra = append(st.extra, refsOf(x.Value)...)
	}
	if v, ok := l.mapOf(s, lets, n).(*formula.Value); ok {
		input = v
	}
	entries = append(entries, formula.Entry{Key: "input", Pos: n.Pos, Value: input})
	st.step.With = append(st.step.With, engine.Let{Name: e.Key, Pos: e.KeyPos, Value: formula.Map(entries, n.Pos)})
}
