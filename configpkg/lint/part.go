package lint

import "github.com/fiscus-project/fiscus/engine"

// Only returns the package with one of its flows and those that it uses, for
// drawing; nil if there is no such flow.
func Only(p *engine.Package, flow string) *engine.Package {
	if p.Flow(flow) == nil {
		return nil
	}
	used := map[string]bool{flow: true}
	for grown := true; grown; {
		grown = false
		for _, f := range p.Flows {
			if used[f.Name] {
				grown = follow(p, f, used) || grown
			}
		}
	}
	out := *p
	out.Flows = nil
	for _, f := range p.Flows {
		if used[f.Name] {
			out.Flows = append(out.Flows, f)
		}
	}
	return &out
}

// follow marks what a flow uses and reports whether anything was new.
func follow(p *engine.Package, f *engine.Flow, used map[string]bool) (grown bool) {
	mark := func(name string) {
		if name != "" && p.Flow(name) != nil && !used[name] {
			used[name], grown = true, true
		}
	}
	for _, s := range f.Steps {
		mark(s.Use)
		for _, other := range p.Flows {
			if s.Role != "" && other.Role == s.Role {
				mark(other.Name)
			}
		}
		for _, h := range s.Handle {
			for _, d := range h.Deeds {
				mark(d.Use)
			}
		}
	}
	return grown
}
