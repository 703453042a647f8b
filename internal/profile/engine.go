package profile

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Options say what an Engine works with.
type Options struct {
	Profiles []Profile
	Rulesets []Ruleset
	Library  Library          // nil: nothing is installed
	Cache    Cache            // nil: nothing is kept
	Names    *xmltree.Names   // nil: a table of its own
	Makers   map[string]Maker // kinds of layers beside "xsd"
	Now      func() time.Time // measures; nil: not measured
	Limits   xmltree.Limits
}

// Engine judges documents by profiles. It is safe for concurrent use.
type Engine struct {
	profiles []Profile
	rulesets map[string]*Ruleset
	byRoot   map[string][]*Profile
	library  Library
	cache    Cache
	names    *xmltree.Names
	makers   map[string]Maker
	now      func() time.Time
	limits   xmltree.Limits
	layers   sync.Map
}

// New checks profiles and rule sets and makes an Engine of them. Nothing is
// compiled yet. Problems are of the data.
func New(o Options) (*Engine, diag.List) {
	e := &Engine{
		profiles: o.Profiles, rulesets: map[string]*Ruleset{}, byRoot: map[string][]*Profile{},
		library: o.Library, cache: o.Cache, names: o.Names, makers: map[string]Maker{"xsd": makeSchema}, now: o.Now, limits: o.Limits,
	}
	if e.names == nil {
		e.names = &xmltree.Names{}
	}
	for kind, m := range o.Makers {
		e.makers[kind] = m
	}
	var probs diag.List
	for i := range o.Rulesets {
		r := &o.Rulesets[i]
		if e.makers[r.Kind] == nil {
			probs.Addf(r.Pos, RuleData, "rule set %q is of the unknown kind %q", r.Name, r.Kind)
		}
		if e.rulesets[r.Name] != nil || r.Name == "" {
			probs.Addf(r.Pos, RuleData, "rule set %q has no name or that of another", r.Name)
		}
		e.rulesets[r.Name] = r
	}
	seen := map[string]bool{}
	for i := range e.profiles {
		p := &e.profiles[i]
		if err := p.compile(); err != nil {
			probs.Addf(p.Pos, RuleData, "profile %q: %v", p.Name, err)
		}
		if seen[p.Name] {
			probs.Addf(p.Pos, RuleData, "profile %q stands twice", p.Name)
		}
		seen[p.Name] = true
		for _, name := range p.Layers {
			if e.rulesets[name] == nil {
				probs.Addf(p.Pos, RuleData, "profile %q names the unknown rule set %q", p.Name, name)
			}
		}
		for _, root := range p.Roots {
			e.byRoot[root] = append(e.byRoot[root], p)
		}
	}
	probs.Sort()
	return e, probs
}

// Names returns the table that documents given to ValidateDocument are parsed with.
func (e *Engine) Names() *xmltree.Names { return e.names }

// Profiles lists the profiles by name.
func (e *Engine) Profiles() []Profile {
	out := slices.Clone(e.profiles)
	slices.SortFunc(out, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Profile returns the profile of this name.
func (e *Engine) Profile(name string) (*Profile, bool) {
	for i := range e.profiles {
		if e.profiles[i].Name == name {
			return &e.profiles[i], true
		}
	}
	return nil, false
}

// Rulesets lists the names of the rule sets in order.
func (e *Engine) Rulesets() []string { return sortedKeys(e.rulesets) }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
