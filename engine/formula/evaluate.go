package formula

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Eval works v out; see Program.Eval. A hole that is absent is a
// RUN-FORMULA-ABSENT problem; a text with a secret in it is a Secret.
func (v *Value) Eval(s *Scope) (any, error) {
	switch v.form {
	case formulaForm:
		return v.program.Eval(s)
	case templateForm:
		return v.fill(s, false)
	case mapForm:
		out := make(map[string]any, len(v.entries))
		for _, e := range v.entries {
			x, err := e.Value.Eval(s)
			if err != nil {
				return nil, err
			}
			out[e.Key] = x
		}
		return out, nil
	case listForm:
		out := make([]any, len(v.list))
		for i, m := range v.list {
			x, err := m.Eval(s)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	}
	return v.literal, nil
}

// EvalText works out a text for people, such as says or hint: what is absent
// prints as "-" and a secret as three asterisks.
func (v *Value) EvalText(s *Scope) (string, error) {
	if v.form == templateForm {
		x, err := v.fill(s, true)
		if err != nil {
			return "", err
		}
		return x.(string), nil
	}
	x, err := v.Eval(s)
	if err != nil {
		return "", err
	}
	return v.show(x)
}

// show writes a value for people.
func (v *Value) show(x any) (string, error) {
	switch x.(type) {
	case nil:
		return "-", nil
	case Secret:
		return masked, nil
	}
	t, err := FormatText(x)
	if err != nil {
		return "", placed(err, v.pos)
	}
	return t, nil
}

// fill puts the values of the holes into the text.
func (v *Value) fill(s *Scope, people bool) (any, error) {
	var b strings.Builder
	name, secret := "", false
	for _, p := range v.parts {
		text := p.Text
		if p.Hole != nil {
			x, err := p.Hole.Eval(s)
			if err != nil {
				return nil, err
			}
			if hidden, ok := x.(Secret); ok && !people {
				name, secret, x = hidden.Name(), true, hidden.joined()
			}
			if text, err = holeText(p.Hole, x, people); err != nil {
				return nil, err
			}
		}
		if b.Len()+len(text) > s.root.limits.Bytes {
			return nil, diag.Problemf(v.pos, RuleBytes, "text of more than %d bytes", s.root.limits.Bytes)
		}
		b.WriteString(text)
	}
	if secret {
		return NewSecret(name, b.String())
	}
	return b.String(), nil
}

func holeText(p *Program, x any, people bool) (string, error) {
	switch {
	case people && x == nil:
		return "-", nil
	case people && KindOf(x) == SecretKind:
		return masked, nil
	case x == nil:
		return "", diag.Problemf(p.Pos(), RuleAbsent, "the value of a hole is absent").WithHint(`write {=x ?? ""} where it may be missing`)
	}
	t, err := FormatText(x)
	if err != nil {
		return "", placed(err, p.Pos())
	}
	return t, nil
}

func placed(err error, pos diag.Pos) error {
	if d, ok := err.(diag.Problem); ok && d.Pos.IsZero() {
		d.Pos = pos
		return d
	}
	return err
}
