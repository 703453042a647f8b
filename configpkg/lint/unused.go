package lint

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// reached finds flows that nothing uses, and steps and deeds that never come.
func (c *checker) reached() {
	used := c.usedFlows()
	for _, f := range c.pkg.Flows {
		if strings.Contains(f.Name, ":") {
			continue // of a package that is imported: its own lint tells
		}
		if (f.Kind == engine.Part || f.Kind == engine.Probe) && !used[f.Name] {
			c.warn(f.Pos, RuleReached, "use it, or delete it", "flow %q is used by nothing", f.Name)
		}
		for _, s := range f.Steps {
			if s.If != nil {
				if v, constant := s.If.Constant(); constant && v != true {
					c.warn(s.If.Pos(), RuleReached, "delete the step, or its condition", "step %q never runs", s.ID)
				}
			}
			for _, h := range s.Handle {
				c.deeds(h)
			}
		}
	}
}

func (c *checker) deeds(h engine.Handler) {
	for i, d := range h.Deeds {
		if d.If == nil && i < len(h.Deeds)-1 {
			c.warn(h.Deeds[i+1].Pos, RuleReached, "put the deed without if last", "this deed for %s is never reached", h.On)
			return
		}
	}
}

func (c *checker) usedFlows() map[string]bool {
	used := map[string]bool{}
	for _, f := range c.pkg.Flows {
		used[f.Name] = used[f.Name] || f.Role != "" // by whoever asks for the role
		for _, s := range f.Steps {
			used[s.Use] = true
			for _, h := range s.Handle {
				for _, d := range h.Deeds {
					used[d.Use] = true
				}
			}
		}
	}
	for _, s := range c.pkg.State {
		used[s.Make], used[s.Renew], used[s.End] = true, true, true
		for _, e := range s.Enter {
			used[e.Probe] = true
		}
		if s.Leave != nil {
			used[s.Leave.Probe] = true
		}
	}
	return used
}

// unused finds what is declared and read by nothing.
func (c *checker) unused() {
	all := readsOf(c.bundle)
	for _, p := range c.pkg.Parameters {
		if !all.reads("param", p.Name) {
			c.warn(p.Pos, RuleUnused, "delete it", "parameter %q is read by nothing", p.Name)
		}
	}
	for _, x := range c.pkg.Const {
		if !all.reads("const", x.Name) {
			c.warn(x.Pos, RuleUnused, "delete it", "constant %q is read by nothing", x.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.pkg.Tables)) {
		if t := c.pkg.Tables[name]; !strings.Contains(name, ":") && !all.called(name) && !c.answerFile(t.File) {
			c.warn(t.Pos, RuleUnused, "delete it", "table %q is read by nothing", name)
		}
	}
	c.unusedParts(all)
	c.unusedLets()
}

// answerFile reports whether a CSV file is also the table or list of an
// answers file: then its table is there for people.
func (c *checker) answerFile(file string) bool {
	for _, a := range c.pkg.Answers {
		for _, pos := range a.List {
			if pos.File == file {
				return true
			}
		}
		for _, x := range a.Table {
			if x.Pos.File == file {
				return true
			}
		}
	}
	return false
}

// unusedParts finds files, artifacts and state objects that no step names.
func (c *checker) unusedParts(all *reads) {
	named := c.named()
	for _, file := range slices.Sorted(maps.Keys(c.pkg.Mappings)) {
		if m := c.pkg.Mappings[file]; !named[m] {
			c.warn(m.Pos, RuleUnused, "use it, or delete it", "mapping %s is used by nothing", file)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(c.pkg.Rules)) {
		if !named[c.pkg.Rules[file]] {
			c.warn(diag.Pos{File: file, Line: 1, Column: 1}, RuleUnused, "use it, or delete it", "rules %s are used by nothing", file)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(c.pkg.Answers)) {
		if a := c.pkg.Answers[file]; !named[a] && !c.bundle.Included[file] {
			c.warn(a.Pos, RuleUnused, "use it, or delete it", "answers %s are used by nothing", file)
		}
	}
	for i := range c.pkg.State {
		if x := &c.pkg.State[i]; !named[x.Name] && !all.reads("state", x.Name) {
			c.warn(x.Pos, RuleUnused, "delete it", "state object %q is used by nothing", x.Name)
		}
	}
	for _, a := range c.pkg.Artifacts {
		if !named["artifact "+a.ID] {
			c.warn(a.Pos, RuleUnused, "delete it", "artifact %q is used by nothing", a.ID)
		}
	}
}

// named collects what steps, simulators and tests refer to: mappings, rules
// and answers themselves, state objects and artifacts by name.
func (c *checker) named() map[any]bool {
	named := map[any]bool{}
	for _, f := range c.pkg.Flows {
		for _, s := range f.Steps {
			if s.Pace != "" {
				named[s.Pace] = true
			}
			for _, ref := range s.Refs {
				switch ref := ref.(type) {
				case *engine.State:
					named[ref.Name] = true
				case *engine.Artifact:
					named["artifact "+ref.ID] = true
				default:
					if reflect.TypeOf(ref).Comparable() {
						named[ref] = true
					}
				}
			}
			if s.Answer != nil {
				named[s.Answer.Answers] = true
			}
		}
	}
	for _, x := range c.bundle.Simulators {
		for _, r := range x.Routes {
			for _, k := range r.Checks {
				named["artifact "+k.Schema] = true
			}
		}
	}
	for ref := range named {
		if m, ok := ref.(*nodes.Mapping); ok && m.List != nil {
			c.listsUsed(m.List.Parts, named)
		}
	}
	for _, m := range mappingsIn(reflect.ValueOf([]any{c.bundle.Simulators, c.bundle.Tests}), map[uintptr]bool{}) {
		named[m] = true
	}
	return named
}

// listsUsed marks the mappings whose lists are used by parts of another list.
func (c *checker) listsUsed(parts []*nodes.ListPart, named map[any]bool) {
	for _, p := range parts {
		c.listsUsed(p.Parts, named)
		c.listsUsed(slices.Collect(maps.Values(p.Choose)), named)
		for _, m := range c.pkg.Mappings {
			if p.Use != nil && m.List == p.Use && !named[m] {
				named[m] = true
				c.listsUsed(m.List.Parts, named)
			}
		}
	}
}

var mappingType = reflect.TypeFor[*nodes.Mapping]()

// mappingsIn returns all mappings that can be reached from v.
func mappingsIn(v reflect.Value, seen map[uintptr]bool) (found []*nodes.Mapping) {
	if !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return nil
		}
		seen[v.Pointer()] = true
		if v.Type() == mappingType {
			return []*nodes.Mapping{v.Interface().(*nodes.Mapping)}
		}
		return mappingsIn(v.Elem(), seen)
	case reflect.Interface:
		return mappingsIn(v.Elem(), seen)
	case reflect.Struct:
		for _, i := range fieldsOf(v.Type()) {
			found = append(found, mappingsIn(v.Field(i), seen)...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, mappingsIn(v.Index(i), seen)...)
		}
	}
	return found
}

// unusedLets finds names of let that nothing in their file reads.
func (c *checker) unusedLets() {
	for _, f := range c.pkg.Flows {
		c.lets(f.Let, ownReads(f))
	}
	for _, a := range c.answers() {
		c.lets(a.Let, ownReads(a))
	}
	for _, r := range c.pkg.Rules {
		c.lets(r.Let, ownReads(r))
	}
}

func (c *checker) lets(lets []engine.Let, r *reads) {
	for _, x := range lets {
		if !r.name(x.Name) {
			c.warn(x.Pos, RuleUnused, "delete it", "%q is read by nothing", x.Name)
		}
	}
}
