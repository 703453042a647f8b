package lint

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

type checker struct {
	bundle   *load.Bundle
	pkg      *engine.Package
	problems diag.List
	open     map[string]classes // classes that go up from a flow, by name
}

// classes are those an outcome may have, each with the codes that give it; no
// codes means that the engine itself gives it.
type classes map[engine.Class][]string

func (c *checker) fault(pos diag.Pos, rule, hint, format string, args ...any) {
	p := diag.Problemf(pos, rule, format, args...)
	p.Hint = hint
	c.problems.Add(p)
}

func (c *checker) warn(pos diag.Pos, rule, hint, format string, args ...any) {
	p := diag.Problemf(pos, rule, format, args...)
	p.Hint, p.Severity = hint, diag.Warning
	c.problems.Add(p)
}

// needed are the classes that somebody must handle, with what to write.
var needed = []struct {
	class engine.Class
	rule  string
	hint  string
}{
	{engine.Unknown, RuleUnknown, "handle: {unknown: {use: lookup}}, or resend if the receiver removes doubles, or park"},
	{engine.Pending, RulePending, "repeat: {first: 10s, within: 24h}, or handle: {pending: {use: lookup}}"},
	{engine.Duplicate, RuleDuplicate, "handle: {duplicate: {use: lookup}}: the earlier verdict must be asked for"},
}

// outcomes finds steps that may end in a class that nobody handles: not the
// step, and, where its answer is that of its flow, not the caller.
func (c *checker) outcomes() {
	c.open = map[string]classes{}
	for _, f := range c.pkg.Flows {
		// Who plays a role is used by flows that lint cannot see, and what makes a
		// held object by any step that reads it: nothing goes up.
		called := f.Kind == engine.Part && f.Role == "" && !c.makes(f) || f.Kind == engine.Probe
		for _, s := range f.Steps {
			if called && slices.Contains(f.Gives, s.ID) {
				continue // goes up to the caller
			}
			left := c.left(s)
			for _, n := range needed {
				if _, may := left[n.class]; may {
					c.fault(s.Pos, n.rule, n.hint, "step %q may end %s, and nothing says what then", s.ID, n.class)
				}
			}
		}
	}
}

// left returns the classes a step may end in that it does not handle itself.
func (c *checker) left(s *engine.FlowStep) classes {
	may := c.may(s)
	for class, codes := range may {
		if handles(s, class, codes) || class == engine.Pending && s.Repeat != nil {
			delete(may, class)
		}
	}
	return may
}

// handles reports whether a step handles a class: itself, or all its codes.
func handles(s *engine.FlowStep, class engine.Class, codes []string) bool {
	on := func(what string) bool {
		return slices.ContainsFunc(s.Handle, func(h engine.Handler) bool { return h.On == what })
	}
	if on(string(class)) {
		return true
	}
	return len(codes) > 0 && !slices.Contains(codes, "") && !slices.ContainsFunc(codes, func(code string) bool { return !on(code) })
}

// may returns the classes the outcome of a step may have.
func (c *checker) may(s *engine.FlowStep) classes {
	all := classes{}
	if s.Use != "" {
		for _, f := range c.usedBy(s) {
			for class, codes := range c.goesUp(f.Name) {
				all[class] = append(all[class], codes...)
			}
		}
		return all
	}
	if s.Effect() == engine.Sends {
		all[engine.Unknown] = []string{""}
	}
	if s.Answer == nil {
		return all
	}
	a := s.Answer.Answers
	for code, answers := range a.Codes {
		for _, x := range answers {
			all[x.Class] = append(all[x.Class], code)
		}
	}
	for code, x := range a.Table {
		if a.Codes[code] == nil {
			all[x.Class] = append(all[x.Class], code)
		}
	}
	for _, r := range a.Ranges {
		all[r.Answer.Class] = append(all[r.Answer.Class], "")
	}
	if a.Default != nil {
		all[a.Default.Class] = append(all[a.Default.Class], "")
	}
	if s.Effect() != engine.Sends {
		delete(all, engine.Unknown) // of a step that reads: as transient
	}
	return all
}

// goesUp returns the classes the answer of a flow may have.
func (c *checker) goesUp(flow string) classes {
	if known, ok := c.open[flow]; ok {
		return known
	}
	c.open[flow] = classes{}
	f := c.pkg.Flow(flow)
	if f == nil {
		return nil
	}
	all := classes{}
	for _, s := range f.Steps {
		if slices.Contains(f.Gives, s.ID) {
			for class, codes := range c.left(s) {
				all[class] = append(all[class], codes...)
			}
		}
	}
	c.open[flow] = all
	return all
}

// makes reports whether a flow is run for a held object.
func (c *checker) makes(f *engine.Flow) bool {
	return slices.ContainsFunc(c.pkg.State, func(s engine.State) bool { return f.Name == s.Make || f.Name == s.Renew || f.Name == s.End })
}

// usedBy returns the flows of the package that a step uses: one, or those of
// the role it names.
func (c *checker) usedBy(s *engine.FlowStep) (all []*engine.Flow) {
	for _, f := range c.pkg.Flows {
		if s.Role != "" && f.Role == s.Role || s.Role == "" && s.Use == f.Name {
			all = append(all, f)
		}
	}
	return all
}

// codes finds documented codes without a meaning of their own.
func (c *checker) codes() {
	for _, a := range c.answers() {
		for code, pos := range a.List {
			if a.Codes[code] == nil && a.Table[code] == nil {
				c.fault(pos, RuleCode, "give it a class under codes or in the table", "code %q is documented and has no entry in %s", code, a.File)
			}
		}
	}
}

// answers returns all answers files and those that stand in steps.
func (c *checker) answers() (all []*engine.Answers) {
	add := func(a *engine.Answers) {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	for _, a := range c.pkg.Answers {
		add(a)
	}
	for _, f := range c.pkg.Flows {
		for _, s := range f.Steps {
			if s.Answer != nil {
				add(s.Answer.Answers)
			}
		}
	}
	return all
}
