package engine

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Catalog is what selection chooses from: packages, what of them is deployed
// for whom, and the legal entities. It is read-only and safe for concurrent
// use once made.
type Catalog struct {
	packages    []*Package // newest version first within an id
	deployments []*Deployment
	entities    map[string]*Entity
	names       []string // of entities, sorted
	views       map[string]*entityView
	layers      []*Layer // the strongest first
	tables      tableCache
	urls        map[*Package]map[string]environments

	mu    sync.Mutex
	force map[forceKey][]*dated // by environment and entity
	watch func(diag.Pos, any)   // told what formulas, answers and flows do; nil: nobody
}

// NewCatalog puts a catalog together. What does not fit is reported: a
// deployment of a package or an entity that is not there, an entity twice.
func NewCatalog(packages []*Package, deployments []*Deployment, entities []*Entity) (*Catalog, diag.List) {
	c := &Catalog{packages: slices.Clone(packages), deployments: deployments, entities: map[string]*Entity{},
		urls: map[*Package]map[string]environments{}, force: map[forceKey][]*dated{}}
	slices.SortStableFunc(c.packages, func(a, b *Package) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), CompareVersions(b.Version, a.Version))
	})
	var list diag.List
	for _, e := range entities {
		if c.entities[e.ID] != nil {
			list.Addf(e.Pos, "CFG-ENTITY-TWICE", "legal entity %q is set up twice", e.ID)
		}
		c.entities[e.ID] = e
	}
	c.names = slices.Sorted(maps.Keys(c.entities))
	c.views = make(map[string]*entityView, len(c.names))
	for id, e := range c.entities {
		c.views[id] = &entityView{entityFields(e), e.Zone()}
	}
	for _, p := range c.packages {
		c.urls[p] = endpointURLs(p)
	}
	for _, d := range deployments {
		for _, u := range d.Use {
			c.checkUse(d, u, &list)
		}
	}
	return c, list
}

func (c *Catalog) checkUse(d *Deployment, u Use, list *diag.List) {
	if c.Package(u.Package, u.Version) == nil {
		list.Addf(u.Pos, "CFG-DEPLOYMENT-PACKAGE", "package %s is not there", strings.TrimSuffix(u.Package+"@"+u.Version, "@"))
	}
	for _, name := range u.Entities {
		if c.entities[name] == nil && !slices.ContainsFunc(c.names, func(id string) bool { return c.entities[id].in(name) }) {
			list.Add(diag.Problemf(u.Pos, "CFG-DEPLOYMENT-ENTITY", "no legal entity or group %q", name).
				WithHint("%s", diag.DidYouMean(name, c.names)))
		}
	}
}

// Watch has f told of everything that formulas, mappings, answers and flows of
// the catalog's packages do, by place: see formula.Scope.SetWatch. It must be
// called before the catalog is used; f must be safe for concurrent use if the
// catalog is.
func (c *Catalog) Watch(f func(pos diag.Pos, what any)) { c.watch = f }

// Package returns a version of a package, the newest if version is empty; nil
// if it is not there.
func (c *Catalog) Package(id, version string) *Package {
	for _, p := range c.packages {
		if p.ID == id && (version == "" || CompareVersions(p.Version, version) == 0) {
			return p
		}
	}
	return nil
}

// Packages returns all packages, by id, the newest version first.
func (c *Catalog) Packages() []*Package { return slices.Clone(c.packages) }

// Entity returns a legal entity, or nil.
func (c *Catalog) Entity(id string) *Entity { return c.entities[id] }

// Entities returns the ids of all legal entities, sorted.
func (c *Catalog) Entities() []string { return slices.Clone(c.names) }

// in reports whether e is named so or belongs to the group of that name.
func (e *Entity) in(name string) bool {
	if e.ID == name {
		return true
	}
	groups, _ := e.Fields["groups"].([]any)
	return slices.ContainsFunc(groups, func(g any) bool { return g == name })
}

// CompareVersions orders dotted versions part by part, as numbers where both
// parts are numbers.
func CompareVersions(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		m, err1 := strconv.Atoi(zeroIfEmpty(x))
		n, err2 := strconv.Atoi(zeroIfEmpty(y))
		if r := cmp.Compare(m, n); err1 == nil && err2 == nil && r != 0 {
			return r
		} else if err1 != nil || err2 != nil {
			if r := cmp.Compare(x, y); r != 0 {
				return r
			}
		}
	}
	return 0
}

func zeroIfEmpty(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// entityView is what selection needs of a legal entity, worked out once.
type entityView struct {
	fields map[string]any
	zone   *time.Location
}

type forceKey struct {
	environment Environment
	entity      string
}

// dated holds the packages whose date is worked out by one formula, with what
// is in force of them between two dates.
type dated struct {
	date  string // source of the formula
	first *Package
	uses  []Use            // of these packages, as they are for the legal entity
	zones []*time.Location // that the uses go by
	from  []civil.Date
	index []*flowIndex // by from; made when first needed
	force [][]*Package // by from, made with index
}

// deployed returns the uses of packages for an entity, by the formula of their date.
func (c *Catalog) deployed(env Environment, entity string) []*dated {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := forceKey{env, entity}
	if list, ok := c.force[key]; ok {
		return list
	}
	var list []*dated
	for _, d := range c.deployments {
		if d.Environment != env {
			continue
		}
		for _, u := range d.Use {
			if p := c.Package(u.Package, u.Version); p != nil && c.covers(u, entity) {
				list = addUse(list, p, u.For(c.entities[entity]))
			}
		}
	}
	for _, d := range list {
		d.split()
	}
	c.force[key] = list
	return list
}

func (c *Catalog) covers(u Use, entity string) bool {
	e := c.entities[entity]
	return e != nil && slices.ContainsFunc(u.Entities, e.in)
}

func addUse(list []*dated, p *Package, u Use) []*dated {
	u.Version = p.Version
	source := ""
	if p.Date != nil {
		source = p.Date.Source()
	}
	for _, d := range list {
		if d.date == source {
			d.uses = append(d.uses, u)
			return list
		}
	}
	return append(list, &dated{date: source, first: p, uses: []Use{u}})
}

// split finds the dates at which something changes.
func (d *dated) split() {
	for _, u := range d.uses {
		d.from = append(d.from, u.From)
	}
	d.from = append(d.from, civil.Date{})
	slices.SortFunc(d.from, civil.Date.Compare)
	d.from = slices.CompactFunc(d.from, func(a, b civil.Date) bool { return a == b })
	d.index, d.force = make([]*flowIndex, len(d.from)), make([][]*Package, len(d.from))
	d.zones = zonesOf(d.uses)
}

// inForce returns the newest deployed version of each package on the day that
// counts for it.
func (d *dated) inForce(c *Catalog, day func(Use) civil.Date) []*Package {
	best := map[string]Use{}
	for _, u := range d.uses {
		old, ok := best[u.Package]
		newer := cmp.Or(u.From.Compare(old.From), CompareVersions(u.Version, old.Version)) > 0
		if u.From.Compare(day(u)) <= 0 && (!ok || newer) {
			best[u.Package] = u
		}
	}
	var out []*Package
	for _, id := range slices.Sorted(maps.Keys(best)) {
		out = append(out, c.Package(id, best[id].Version))
	}
	return out
}

// at returns the index of the flows in force on a day, and their packages.
func (c *Catalog) at(d *dated, day civil.Date) (*flowIndex, []*Package) {
	i, found := slices.BinarySearchFunc(d.from, day, civil.Date.Compare)
	if !found {
		i--
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.index[i] == nil {
		d.force[i] = d.inForce(c, func(Use) civil.Date { return d.from[i] })
		d.index[i] = newFlowIndex(outbound(d.force[i]))
	}
	return d.index[i], d.force[i]
}
