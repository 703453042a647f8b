package simulator

import "github.com/fiscus-project/fiscus/engine/formula"

// Refuses reports whether the authority, in the scenario it was set to by
// name, refuses every connection: each route has a case that refuses and
// depends on nothing but the scenario.
func (a *Authority) Refuses() bool { return a.refuses("") }

func (a *Authority) refuses(scenario string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if scenario = a.current(scenario); scenario == "" || len(a.sim.Routes) == 0 {
		return false
	}
	s := formula.NewScope(nil)
	s.Set("scenario", scenario)
	for _, r := range a.sim.Routes {
		if !r.refuses(s) {
			return false
		}
	}
	return true
}

func (r *Route) refuses(s *formula.Scope) bool {
	for _, c := range r.Cases {
		if !onlyScenario(c.When) {
			return false
		}
		if yes, err := truth(c.When, s); err != nil {
			return false
		} else if yes {
			return c.Drop
		}
	}
	return false
}

func onlyScenario(p *formula.Program) bool {
	if p == nil {
		return true
	}
	for _, ref := range p.Refs() {
		if len(ref) != 1 || ref[0] != "scenario" {
			return false
		}
	}
	return len(p.Calls()) == 0
}
