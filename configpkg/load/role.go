package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// byRole finds what a step that names a role may use. Flows of other packages
// may play it too, so what is known of it is what the own ones promise.
func (l *loader) byRole(st *stepUnit, use *yml.Node) {
	o := l.object(use, "role use")
	role := o.get("role")
	if role == nil {
		st.partial = true
		return
	}
	st.step.Use, st.step.Role = "role "+role.Text, role.Text
	if st.use = l.rolePlayed(role); st.use == nil {
		st.partial = true
	}
}

// rolePlayed returns what the flows of a role have in common; nil if the
// package has none, and other packages are all there is.
func (l *loader) rolePlayed(role *yml.Node) *flowUnit {
	var all []*flowUnit
	var known []string
	for _, f := range l.pkg.Flows {
		if f.Role == "" {
			continue
		}
		known = append(known, f.Role)
		if f.Role == role.Text {
			if u := l.used(f.Name, role.TextPos()); u != nil {
				all = append(all, u)
			}
		}
	}
	if len(all) == 0 {
		if hint := diag.Suggest(role.Text, known); hint != "" {
			l.fault(role.TextPos(), RuleFlow, `did you mean "`+hint+`"?`, "no flow plays the role %q", role.Text)
		}
		return nil
	}
	return l.together(all)
}

// together merges the flows of a role. They take the same inputs, so that it
// makes no difference to who asks which of them it is.
func (l *loader) together(all []*flowUnit) *flowUnit {
	first := all[0]
	u := &flowUnit{flow: &engine.Flow{Name: "role " + first.flow.Role, Kind: engine.Part, Inputs: first.flow.Inputs, Gives: first.flow.Gives}, done: true}
	var answers, outputs []formula.Type
	open := false
	for _, f := range all {
		l.sameInputs(first, f)
		answers, outputs = append(answers, f.answer), append(outputs, f.outputs)
		u.codes, open = append(u.codes, f.codes...), open || f.codes == nil
		u.sends = u.sends || f.sends
	}
	if u.answer, u.outputs = merged(answers), merged(outputs); open {
		u.codes = nil
	}
	return u
}

func (l *loader) sameInputs(a, b *flowUnit) {
	x, y := inputsSaid(a.flow.Inputs), inputsSaid(b.flow.Inputs)
	if x != y {
		l.fault(b.flow.Pos, RuleInput, "flows of one role take the same inputs", "flow %q takes (%s), flow %q of the same role (%s)", b.flow.Name, y, a.flow.Name, x)
	}
}

func inputsSaid(inputs []engine.Input) string {
	said := make([]string, len(inputs))
	for i, in := range inputs {
		said[i] = in.Name + " " + in.Type.String()
		if !in.Required {
			said[i] += "?"
		}
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}
