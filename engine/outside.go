package engine

import (
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// Outside says for whom formulas of a package are worked out without a run:
// by its simulators, or when a mapping or formula is tried alone.
type Outside struct {
	Environment Environment
	Entity      string            // id; empty: nobody's
	Document    map[string]any    // nil: none
	Keys        KeyStore          // nil: there are no keys
	Day         func() civil.Date // the day tables are matched against; nil: that of the document
	Context     map[string]any    // more names under context
}

// Outside returns the scope formulas of a package see: document, ext, entity,
// context, param, const. Its Host answers look-ups in tables.
func (c *Catalog) Outside(p *Package, o Outside) *formula.Scope {
	at := &place{cat: c, environment: o.Environment, entity: c.entities[o.Entity], document: o.Document, keys: boundKeys(o.Keys, o.Environment), context: o.context()}
	s := at.of(p)
	if h, ok := s.Host().(*host); ok && o.Day != nil {
		h.day = func() (civil.Date, error) { return o.Day(), nil }
	}
	return s
}

func (o *Outside) context() map[string]any {
	context := map[string]any{"environment": string(o.Environment)}
	maps.Copy(context, o.Context)
	return context
}

// ModeObject names the object of a mode for a legal entity, as SetMode takes it.
func (c *Catalog) ModeObject(p *Package, state, entity string, env Environment) (string, error) {
	s := p.state(state)
	if s == nil {
		return "", errNoState(p, state)
	}
	return stateObject(p, s, env, c.Outside(p, Outside{Environment: env, Entity: entity}))
}

// Deployed returns the packages that are deployed for a legal entity, for any
// day: the newest deployed version of each, by id.
func (c *Catalog) Deployed(env Environment, entity string) (out []*Package) {
	newest := map[string]*Package{}
	for _, d := range c.deployed(env, entity) {
		for _, u := range d.uses {
			p := c.Package(u.Package, u.Version)
			if old := newest[u.Package]; p != nil && (old == nil || CompareVersions(p.Version, old.Version) > 0) {
				newest[u.Package] = p
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		out = append(out, newest[id])
	}
	return out
}
