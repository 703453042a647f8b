package engine

import (
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
)

// Calendar says from which day on a release is in force in one environment.
// The zero calendar: always.
type Calendar struct {
	From   civil.Date            // first day; zero: always
	Zone   *time.Location        // whose days are meant, the authority's; nil: the legal entity's
	Except map[string]civil.Date // by region of a legal entity: the first day there instead of From
}

// First returns the first day for legal entities of a region.
func (c Calendar) First(region string) civil.Date {
	if d, ok := c.Except[region]; ok {
		return d
	}
	return c.From
}

// For returns the use as it is for one legal entity: in force from the later
// of the deployment and the release in its region.
func (u Use) For(e *Entity) Use {
	region, _ := e.Fields["region"].(string)
	if first := u.Release.First(region); u.From.Compare(first) < 0 {
		u.From = first
	}
	return u
}

// zonesOf returns the zones that the uses go by, each once.
func zonesOf(uses []Use) (out []*time.Location) {
	seen := map[string]bool{}
	for _, u := range uses {
		name := ""
		if u.Release.Zone != nil {
			name = u.Release.Zone.String()
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, u.Release.Zone)
		}
	}
	return out
}

// dayIn returns the day of a date, or of an instant where zone is; nil: where
// the legal entity is.
func (p *place) dayIn(v any, zone *time.Location) civil.Date {
	switch v := v.(type) {
	case civil.Date:
		return v
	case time.Time:
		switch {
		case zone != nil:
			v = v.In(zone)
		case p.view != nil:
			v = v.In(p.view.zone)
		}
		return civil.DateOf(v)
	}
	return civil.Date{}
}

// inForce returns the index of the flows in force at the document's date, and
// the packages they are of. Where the zones of the releases disagree about the
// day, each release goes by its own.
func (c *Catalog) inForce(p *place, d *dated) (*flowIndex, []*Package, error) {
	v, err := p.date(d.first)
	if err != nil {
		return nil, nil, err
	}
	day := p.dayIn(v, d.zones[0])
	for _, z := range d.zones[1:] {
		if p.dayIn(v, z) != day {
			list := d.inForce(c, func(u Use) civil.Date { return p.dayIn(v, u.Release.Zone) })
			return newFlowIndex(outbound(list)), list, nil
		}
	}
	x, list := c.at(d, day)
	return x, list, nil
}

func outbound(list []*Package) (all []candidate) {
	for _, p := range list {
		for _, f := range p.Flows {
			if f.Kind == Outbound || f.Kind == "" {
				all = append(all, candidate{p, f, f.Applies == nil || f.Applies.common()})
			}
		}
	}
	return all
}

// dayOf returns the document's day that a package goes by for the legal entity
// of p: where the release that is deployed says it is.
func (c *Catalog) dayOf(p *place, env Environment, pkg *Package) (civil.Date, error) {
	v, err := p.date(pkg)
	if err != nil {
		return civil.Date{}, err
	}
	for _, d := range c.deployed(env, p.entity.ID) {
		for _, u := range d.uses {
			if u.Package == pkg.ID && u.Version == pkg.Version {
				return p.dayIn(v, u.Release.Zone), nil
			}
		}
	}
	return p.dayIn(v, nil), nil
}
