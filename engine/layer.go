package engine

import (
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// A Layer gives parameters to several legal entities, or to some documents of
// one. The layers, each stronger than those before it: package, group, country,
// legal entity, branch, channel, receiver.
type Layer struct {
	Name   string
	Of     string // group, country, branch, channel or receiver
	Entity string // the only legal entity it is for; empty: all
	When   Expr   // of the document at hand, where Name does not say it; nil: always
	Settings
	File string
	Pos  diag.Pos
}

// Settings are values of parameters, and where they stand.
type Settings struct {
	Parameters map[string]map[string]Expr                 // by package id and name
	In         map[Environment]map[string]map[string]Expr // the same for one environment only, which goes before Parameters
	Positions  map[string]diag.Pos                        // by "package/parameter", in In with "environment:" before it
}

// The layers that have no file of kind layer.
const (
	LayerPackage = "package"
	LayerEntity  = "legal entity"
)

// Layers lists the layers, the weakest first.
var Layers = []string{LayerPackage, "group", "country", LayerEntity, "branch", "channel", "receiver"}

// Rules of problems with layers.
const (
	RuleLayers      = "CFG-LAYER-AMBIGUOUS" // two layers of one kind give the same parameter
	RuleLayerEntity = "CFG-LAYER-ENTITY"    // a layer is for a legal entity that is not set up
)

// of returns what is said of a parameter in an environment; nil: nothing.
func (s *Settings) of(env Environment, pkg, name string) (Expr, Environment, diag.Pos) {
	if x := s.In[env][pkg][name]; x != nil {
		return x, env, s.Positions[string(env)+":"+pkg+"/"+name]
	}
	return s.Parameters[pkg][name], "", s.Positions[pkg+"/"+name]
}

// Says reports whether a parameter is set for any environment.
func (s *Settings) Says(pkg, name string) bool {
	for _, env := range []Environment{"", Test, Production} {
		if x, _, _ := s.of(env, pkg, name); x != nil {
			return true
		}
	}
	return false
}

// Given is what one layer says of a parameter.
type Given struct {
	Layer       string
	Name        string      // which group, country, ...; of a package its id
	Environment Environment // empty: for both
	Value       Expr
	Pos         diag.Pos
	Open        bool // whether it holds follows from a document, and there is none
}

// SetLayers gives the catalog layers between its packages and legal entities.
// It must be called before the catalog is used. A group or legal entity that
// nobody has is reported.
func (c *Catalog) SetLayers(layers []*Layer) (list diag.List) {
	c.layers = slices.Clone(layers)
	slices.SortStableFunc(c.layers, func(a, b *Layer) int { return slices.Index(Layers, b.Of) - slices.Index(Layers, a.Of) })
	for _, l := range c.layers {
		if l.Entity != "" && c.entities[l.Entity] == nil {
			list.Add(diag.Problemf(l.Pos, RuleLayerEntity, "layer %q is for legal entity %q, which is not set up", l.Name, l.Entity).
				WithHint("%s", diag.DidYouMean(l.Entity, c.names)))
		}
	}
	return list
}

// Given returns what the layers say of a parameter, the strongest first: the
// first that is not open wins. Two layers of one kind that both say something
// are a problem RuleLayers.
func (c *Catalog) Given(p *Package, d *Parameter, o Outside) ([]Given, error) {
	at := &place{cat: c, environment: o.Environment, entity: c.entities[o.Entity], document: o.Document, keys: o.Keys, context: o.context()}
	return at.given(p, d)
}

func (p *place) given(pkg *Package, d *Parameter) (out []Given, err error) {
	own := p.entity == nil
	for _, l := range p.cat.layers {
		if !own && slices.Index(Layers, l.Of) < slices.Index(Layers, LayerEntity) {
			out, own = p.ofEntity(out, pkg, d), true
		}
		x, env, pos := l.of(p.environment, pkg.Family(), d.Name)
		if x == nil {
			continue
		}
		holds, open, err := p.holds(l)
		if err != nil {
			return nil, err
		}
		if holds || open {
			out = append(out, Given{Layer: l.Of, Name: l.Name, Environment: env, Value: x, Pos: pos, Open: open})
		}
	}
	if !own {
		out = p.ofEntity(out, pkg, d)
	}
	if d.Default != nil {
		out = append(out, Given{Layer: LayerPackage, Name: pkg.ID, Value: d.Default, Pos: d.Pos})
	}
	return out, overlapping(d, out)
}

func (p *place) ofEntity(out []Given, pkg *Package, d *Parameter) []Given {
	e := p.entity
	s := Settings{Parameters: e.Parameters, In: e.In, Positions: e.Positions}
	if x, env, pos := s.of(p.environment, pkg.Family(), d.Name); x != nil {
		out = append(out, Given{Layer: LayerEntity, Name: e.ID, Environment: env, Value: x, Pos: pos})
	}
	return out
}

// overlapping refuses two layers of one kind.
func overlapping(d *Parameter, list []Given) error {
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if a.Layer == b.Layer && !a.Open && !b.Open {
			return diag.Problem{Pos: b.Pos, Rule: RuleLayers, Message: fmt.Sprintf("%s %q and %s %q (%s) both set parameter %q", b.Layer, b.Name, a.Layer, a.Name, a.Pos, d.Name),
				Hint: "leave it to one of them, or set it for the legal entity"}
		}
	}
	return nil
}

// holds reports whether a layer is for the document at hand; open: a document
// would have to say.
func (p *place) holds(l *Layer) (holds, open bool, err error) {
	if p.entity == nil || l.Entity != "" && l.Entity != p.entity.ID {
		return false, false, nil
	}
	switch {
	case l.Of == "group":
		return p.entity.in(l.Name), false, nil
	case l.Of == "country":
		return p.entity.Fields["country"] == l.Name, false, nil
	case l.When != nil:
		if p.document == nil {
			return false, true, nil
		}
		v, err := l.When.Eval(p.base())
		return v == true, false, err
	}
	channel, known, err := p.channel()
	return channel == l.Name, !known, err
}

// channel returns the channel the document came in by; known is false without
// a document that could have.
func (p *place) channel() (name string, known bool, err error) {
	v, ok, err := p.base().Lookup("context")
	if err != nil || !ok {
		return "", false, err
	}
	switch x := v.(type) {
	case interface {
		Field(string) (any, bool, error)
	}:
		v, ok, err = x.Field("channel")
	case map[string]any:
		v, ok = x["channel"]
	}
	name, _ = v.(string)
	return name, ok && (p.document != nil || name != ""), err
}
