package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// given compiles what a step is given under with.
func (l *loader) given(st *stepUnit, s *scope) {
	n := st.o.get("with")
	switch {
	case st.step.Action != nil:
		l.parametersGiven(st, s, n)
	case st.use != nil:
		st.step.With = l.inputsGiven(s, n, st.use.flow.Inputs, st.step.Pos, "flow "+st.use.flow.Name)
	default:
		st.step.With = s.letAll(st.o.entries("with"), nil)
	}
}

// inputsGiven compiles the inputs given to a flow, mapping, fragment, rules or
// answers file; n may be nil, then pos is where they should be.
func (l *loader) inputsGiven(s *scope, n *yml.Node, inputs []engine.Input, pos diag.Pos, what string) []engine.Let {
	var entries []yml.Entry
	if n != nil {
		entries, pos = n.Entries, n.Pos
	}
	var lets []engine.Let
	given := map[string]bool{}
	for _, e := range entries {
		given[e.Key] = true
		in := inputNamed(inputs, e.Key)
		if in == nil {
			l.fault(e.KeyPos, RuleInput, diag.DidYouMean(e.Key, inputNames(inputs)), "%s has no input %q", what, e.Key)
			s.expr(e.Value)
			continue
		}
		x := l.fitting(s.expr(e.Value), in.Type, "input "+e.Key)
		if x != nil {
			lets = append(lets, engine.Let{Name: e.Key, Value: x, Pos: e.KeyPos})
		}
	}
	for _, in := range inputs {
		if in.Required && !given[in.Name] {
			l.fault(pos, RuleInput, "", "%s needs input %q", what, in.Name)
		}
	}
	return lets
}

// fitting checks an expression against a type; a literal is converted to it.
func (l *loader) fitting(x engine.Expr, t formula.Type, what string) engine.Expr {
	v, ok := x.(*formula.Value)
	if !ok || v == nil {
		return x
	}
	if w := l.fit(v, t, what); w != nil {
		return w
	}
	return nil
}

func inputNamed(inputs []engine.Input, name string) *engine.Input {
	if i := slices.IndexFunc(inputs, func(in engine.Input) bool { return in.Name == name }); i >= 0 {
		return &inputs[i]
	}
	return nil
}

func inputNames(inputs []engine.Input) (names []string) {
	for _, in := range inputs {
		names = append(names, in.Name)
	}
	return names
}

// parametersGiven compiles what an action is given, by its spec. Parameters
// that name a part of the package come first, since they say which inputs
// stand under "input".
func (l *loader) parametersGiven(st *stepUnit, s *scope, n *yml.Node) {
	spec := st.step.Action
	st.step.Refs = map[string]any{}
	var entries []yml.Entry
	if n != nil {
		entries = n.Entries
	}
	for _, e := range entries {
		if p := paramNamed(spec, e.Key); p != nil && (p.Kind == engine.MappingParam || p.Kind == engine.RulesParam) {
			l.param(st, s, p, e)
		}
	}
	for _, e := range entries {
		l.parameterGiven(st, s, n, e)
	}
	l.needed(st, s, n)
}

func paramNamed(spec *engine.Spec, name string) *engine.Param {
	if i := slices.IndexFunc(spec.Params, func(p engine.Param) bool { return p.Name == name }); i >= 0 {
		return &spec.Params[i]
	}
	return nil
}

func (l *loader) parameterGiven(st *stepUnit, s *scope, n *yml.Node, e yml.Entry) {
	spec := st.step.Action
	p := paramNamed(spec, e.Key)
	declared, what, known := l.companion(st, n)
	switch i := slices.IndexFunc(spec.In, func(p engine.Port) bool { return p.Name == e.Key }); {
	case e.Key == "input" && known && e.Value.Kind == yml.Map:
		l.inputGiven(st, s, e, declared, what)
	case p != nil && (p.Kind == engine.MappingParam || p.Kind == engine.RulesParam):
	case p != nil:
		l.param(st, s, p, e)
	case i >= 0:
		l.put(st, s, e, spec.In[i].Type)
	default:
		l.fault(e.KeyPos, RuleInput, diag.DidYouMean(e.Key, specNames(spec)), "action %s has no %q", spec.Name, e.Key)
		s.expr(e.Value)
	}
}

// needed reports what an action needs and is not given.
func (l *loader) needed(st *stepUnit, s *scope, n *yml.Node) {
	spec, pos := st.step.Action, st.o.pos("action")
	for _, p := range spec.Params {
		if p.Required && n.Entry(p.Name) == nil {
			l.fault(pos, RuleInput, p.Doc, "action %s needs %q", spec.Name, p.Name)
		}
	}
	for _, p := range spec.In {
		if p.Required && n.Entry(p.Name) == nil {
			l.fault(pos, RuleInput, p.Doc, "action %s needs %q", spec.Name, p.Name)
		}
	}
	l.partGiven(st, n)
	if declared, what, known := l.companion(st, n); known && n.Entry("input") == nil {
		l.inputsGiven(s, nil, declared, n.Pos, what)
	}
}

// partGiven checks that a step names a part where its mapping has some.
func (l *loader) partGiven(st *stepUnit, n *yml.Node) {
	for _, p := range st.step.Action.Params {
		m, ok := st.step.Refs[p.Name].(*nodes.Mapping)
		if !ok || p.Kind != engine.MappingParam {
			continue
		}
		switch part := n.Get("part"); {
		case part != nil && part.Kind == yml.Scalar:
			l.partOf(m, part)
		case len(m.Parts) > 0 && m.Root == nil:
			l.fault(n.Entry("mapping").KeyPos, RulePart, "add part: "+sortedNames(m.Parts)[0], "mapping %s has parts, and none is named", m.File)
		}
	}
}

// companion returns the inputs that the mapping or rules file of a step
// declares.
func (l *loader) companion(st *stepUnit, n *yml.Node) (declared []engine.Input, what string, known bool) {
	for _, p := range st.step.Action.Params {
		if p.Kind != engine.MappingParam && p.Kind != engine.RulesParam {
			continue // a body has its inputs in itself
		}
		switch ref := st.step.Refs[p.Name].(type) {
		case *nodes.Mapping:
			if part := n.Get("part"); part != nil && ref.Parts[part.Text] == nil {
				return nil, "", false
			}
			return mappingInputs(ref, n.Get("part")), "mapping " + ref.File, true
		case *engine.RuleSet:
			return ref.Inputs, "rules " + ref.File, true
		}
	}
	return nil, "", false
}

// mappingInputs returns the inputs of a mapping, or of the part that is named.
func mappingInputs(m *nodes.Mapping, part *yml.Node) []engine.Input {
	if part != nil && m.Parts[part.Text] != nil {
		return append(slices.Clip(m.Inputs), m.Parts[part.Text].Inputs...)
	}
	return m.Inputs
}

// inputGiven compiles what stands under "input" by the declared inputs.
func (l *loader) inputGiven(st *stepUnit, s *scope, e yml.Entry, declared []engine.Input, what string) {
	lets := l.inputsGiven(s, e.Value, declared, e.Value.Pos, what)
	st.step.With = append(st.step.With, engine.Let{Name: e.Key, Value: l.mapOf(s, lets, e.Value), Pos: e.KeyPos})
}

// mapOf makes one value of several.
func (l *loader) mapOf(s *scope, lets []engine.Let, n *yml.Node) engine.Expr {
	entries := make([]formula.Entry, 0, len(lets))
	for _, x := range lets {
		v, ok := x.Value.(*formula.Value)
		if !ok { // a structure of the node language inside
			return l.data(s, n)
		}
		entries = append(entries, formula.Entry{Key: x.Name, Pos: x.Pos, Value: v})
	}
	return formula.Map(entries, n.Pos)
}

func specNames(spec *engine.Spec) (names []string) {
	for _, p := range spec.In {
		names = append(names, p.Name)
	}
	for _, p := range spec.Params {
		names = append(names, p.Name)
	}
	return names
}

// put compiles a value and gives it to the step.
func (l *loader) put(st *stepUnit, s *scope, e yml.Entry, t formula.Type) {
	if x := l.fitting(s.expr(e.Value), t, `"`+e.Key+`"`); x != nil {
		st.step.With = append(st.step.With, engine.Let{Name: e.Key, Value: x, Pos: e.KeyPos})
	}
}

// param compiles a parameter by its kind.
func (l *loader) param(st *stepUnit, s *scope, p *engine.Param, e yml.Entry) {
	switch p.Kind {
	case engine.MappingParam:
		if m := l.mappingGiven(s, e.Value); m != nil {
			st.step.Refs[p.Name] = m
		}
	case engine.RulesParam:
		if n := l.fileNode(e); n != nil {
			if u := l.lookUp(n.Text, "rules", n.TextPos()); u != nil {
				l.refer(st, p.Name, l.ruleSet(u))
			}
		}
	case engine.ReadingParam:
		l.readingsGiven(st, p.Name, e)
	case engine.SchemaParam:
		l.artifactGiven(st, p, e)
	case engine.StateParam:
		if n := l.fileNode(e); n != nil {
			x := l.stateNamed(n.Text, n.TextPos())
			if x != nil && x.Kind != "" && (p.Name == "counter" || p.Name == "cursor") { // parameters are called by the kind they take
				l.mustBe(x, p.Name, n)
			}
			l.refer(st, p.Name, x)
		}
	case engine.FormulaParam:
		if e.Value.Kind != yml.Scalar {
			l.fault(e.Value.Pos, RuleKind, "", "%q takes a formula", e.Key)
		} else if f := s.condition(e.Value); f != nil {
			st.step.Refs[p.Name] = f
		}
	case engine.BodyParam:
		l.bodyGiven(st, s, p, e)
	default:
		l.valueGiven(st, s, p, e)
	}
}

func (l *loader) refer(st *stepUnit, name string, ref any) {
	switch r := ref.(type) {
	case *engine.RuleSet:
		if r == nil {
			return
		}
	case *engine.State:
		if r == nil {
			return
		}
	}
	st.step.Refs[name] = ref
}

// fileNode returns the literal text of a parameter that names something.
func (l *loader) fileNode(e yml.Entry) *yml.Node {
	if e.Value.Kind != yml.Scalar || e.Value.Empty() {
		l.fault(e.Value.Pos, RuleKind, "", "%q takes a name, not a %s", e.Key, said(e.Value))
		return nil
	}
	if strings.HasPrefix(e.Value.Text, "=") {
		l.fault(e.Value.TextPos(), RuleFormula, "write the name itself", "%q takes no formula", e.Key)
		return nil
	}
	return e.Value
}

func (l *loader) artifactGiven(st *stepUnit, p *engine.Param, e yml.Entry) {
	n := l.fileNode(e)
	if n == nil {
		return
	}
	if a := l.artifactNamed(n.Text, n.TextPos()); a != nil {
		st.step.Refs[p.Name] = a
	}
}

func (l *loader) artifactNamed(id string, pos diag.Pos) *engine.Artifact {
	if a := l.artifacts[l.from(id, pos)]; a != nil { // nor official files
		return a
	}
	var known []string
	for _, a := range l.pkg.Artifacts {
		known = append(known, a.ID)
	}
	l.fault(pos, RuleArtifact, or(diag.DidYouMean(id, known), "declare it under artifacts of package.yaml"), "unknown artifact %q", id)
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (l *loader) stateNamed(name string, pos diag.Pos) *engine.State {
	if x := l.states[l.from(name, pos)]; x != nil { // an imported flow has no state
		return x
	}
	var known []string
	for _, x := range l.pkg.State {
		known = append(known, x.Name)
	}
	l.fault(pos, RuleState, or(diag.DidYouMean(name, known), "declare it under state of package.yaml"), "unknown state object %q", name)
	return nil
}

// valueGiven compiles a value that is evaluated before the action runs.
func (l *loader) valueGiven(st *stepUnit, s *scope, p *engine.Param, e yml.Entry) {
	if len(p.Values) > 0 && e.Value.Kind == yml.Scalar && !strings.HasPrefix(e.Value.Text, "=") && !slices.Contains(p.Values, e.Value.Text) {
		l.fault(e.Value.TextPos(), RuleWord, diag.DidYouMean(e.Value.Text, p.Values), "%q is no value of %q", e.Value.Text, e.Key)
		return
	}
	if p.Type.Kind() == formula.ListKind && e.Value.Kind == yml.Scalar && !strings.HasPrefix(e.Value.Text, "=") {
		l.fault(e.Value.Pos, RuleKind, "write ["+e.Value.Text+"]", "%q takes a list", e.Key)
		return
	}
	l.put(st, s, e, p.Type)
}
