package lint

import (
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// given finds inputs that may be left out and that nobody ever gives, and
// inputs that nothing reads.
func (c *checker) given() {
	flows := map[string]map[string]bool{}
	files := map[any]map[string]bool{}
	note := func(all map[string]bool, lets []engine.Let) map[string]bool {
		if all == nil {
			all = map[string]bool{}
		}
		for _, x := range lets {
			all[x.Name] = true
		}
		return all
	}
	for _, s := range c.pkg.State {
		for _, name := range []string{s.Renew, s.End} {
			flows[name] = note(flows[name], []engine.Let{{Name: "held"}})
		}
	}
	for _, f := range c.pkg.Flows {
		for _, s := range f.Steps {
			for _, u := range c.usedBy(s) {
				flows[u.Name] = note(flows[u.Name], s.With)
			}
			for _, h := range s.Handle {
				for _, d := range h.Deeds {
					flows[d.Use] = note(flows[d.Use], d.With)
				}
			}
			if s.Answer != nil {
				files[s.Answer.Answers] = note(files[s.Answer.Answers], s.Answer.Input)
			}
			c.filesGiven(s, files)
		}
	}
	for _, f := range c.pkg.Flows {
		c.inputs(f.Inputs, flows[f.Name], ownReads(f), "flow "+f.Name)
	}
	for _, a := range c.answers() {
		c.inputs(a.Inputs, files[a], ownReads(a), "answers "+a.File)
	}
	for file, r := range c.pkg.Rules {
		c.inputs(r.Inputs, files[r], ownReads(r), "rules "+file)
	}
	for file, m := range c.pkg.Mappings {
		c.inputs(m.Inputs, files[m], ownReads(m), "mapping "+file)
	}
}

// filesGiven notes what a step gives to the mapping or rules it names: under
// input, in a body under input of the body.
func (c *checker) filesGiven(s *engine.FlowStep, files map[any]map[string]bool) {
	for name, ref := range s.Refs {
		switch ref.(type) {
		case *nodes.Mapping, *engine.RuleSet:
		default:
			continue
		}
		for _, w := range s.With {
			v, ok := w.Value.(*formula.Value)
			if !ok || w.Name != "input" && w.Name != name {
				continue
			}
			if w.Name == name {
				v = entry(v, "input")
			}
			if v == nil {
				continue
			}
			if files[ref] == nil {
				files[ref] = map[string]bool{}
			}
			for _, e := range v.Entries() {
				files[ref][e.Key] = true
			}
		}
	}
}

func entry(v *formula.Value, key string) *formula.Value {
	for _, e := range v.Entries() {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

func (c *checker) inputs(inputs []engine.Input, given map[string]bool, r *reads, what string) {
	for _, in := range inputs {
		if !in.Required && !given[in.Name] {
			c.warn(in.Pos, RuleGiven, "give it, or delete it", "input %q of %s is given by nobody", in.Name, what)
		}
		if !r.reads("input", in.Name) {
			c.warn(in.Pos, RuleUnused, "delete it", "input %q of %s is read by nothing", in.Name, what)
		}
	}
}
