package load

import (
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// LoadLayer reads the file of a layer. Its parameters are checked against the
// packages in use that are given; parameters of others are kept as they are.
// The layer is nil after a grave problem.
func LoadLayer(file string, data []byte, packages ...*engine.Package) (*engine.Layer, diag.List) {
	l := newLoader(nil, nil, nil)
	n := l.single(file, data, "layer")
	var y *engine.Layer
	if n != nil {
		y = l.layer(file, n)
		for _, p := range packages {
			l.pkg = p
			l.checkSettings(&y.Settings)
		}
	}
	l.problems.Sort()
	if l.problems.Grave() {
		return nil, l.problems
	}
	return y, l.problems
}

func (l *loader) layer(file string, n *yml.Node) *engine.Layer {
	o := l.object(n, "layer")
	y := &engine.Layer{Name: o.word("layer"), Of: o.word("of"), Entity: o.word("entity"), File: file, Pos: n.Pos, Settings: l.settings(o)}
	when := o.get("when")
	if when != nil {
		s := l.bare()
		for _, name := range []string{"document", "entity", "context"} {
			s.decl.Names[name] = formula.Any
		}
		if p := s.condition(when); p != nil {
			y.When = formula.Formula(p)
		}
	}
	switch {
	case (y.Of == "group" || y.Of == "country") && when != nil:
		l.fault(o.pos("when"), RuleEntity, "it holds for every legal entity of that name", "a layer of kind %s has no when", y.Of)
	case (y.Of == "branch" || y.Of == "receiver") && when == nil:
		l.fault(n.Pos, RuleEntity, `when: document.buyer.vatId == "..."`, "a layer of kind %s says by when which documents it is for", y.Of)
	}
	return y
}

// settings reads parameters for both environments and for one.
func (l *loader) settings(o object) engine.Settings {
	s := engine.Settings{In: map[engine.Environment]map[string]map[string]engine.Expr{}, Positions: map[string]diag.Pos{}}
	s.Parameters = l.values(o.entries("parameters"), "", s.Positions)
	for _, e := range o.entries("environments") {
		env := engine.Environment(e.Key)
		switch {
		case env != engine.Test && env != engine.Production:
			l.fault(e.KeyPos, RuleEntity, diag.DidYouMean(e.Key, []string{"test", "production"}), "there is no environment %q", e.Key)
		case e.Value.Kind != yml.Map:
			l.fault(e.Value.Pos, RuleKind, "", "the parameters of an environment are a map of packages")
		default:
			s.In[env] = l.values(e.Value.Entries, e.Key+":", s.Positions)
		}
	}
	return s
}

func (l *loader) values(entries []yml.Entry, prefix string, at map[string]diag.Pos) map[string]map[string]engine.Expr {
	out, s := map[string]map[string]engine.Expr{}, l.bare()
	for _, p := range entries {
		out[p.Key] = map[string]engine.Expr{}
		if p.Value.Kind != yml.Map {
			l.fault(p.Value.Pos, RuleKind, "", "the parameters of a package are a map")
		}
		for _, x := range p.Value.Entries {
			at[prefix+p.Key+"/"+x.Key] = x.Value.Pos
			at[prefix+p.Key+"/"+x.Key+"#key"] = x.KeyPos
			if v := s.value(x.Value); v != nil {
				out[p.Key][x.Key] = v
			}
		}
	}
	return out
}

// checkSettings checks what is set for the package at hand and converts
// literals to the types of the parameters.
func (l *loader) checkSettings(s *engine.Settings) {
	l.checkGiven(s.Parameters[l.pkg.Family()], "", s.Positions)
	for _, env := range []engine.Environment{engine.Test, engine.Production} {
		l.checkGiven(s.In[env][l.pkg.Family()], string(env)+":", s.Positions)
	}
}

func (l *loader) checkGiven(given map[string]engine.Expr, prefix string, at map[string]diag.Pos) {
	known := make([]string, len(l.pkg.Parameters))
	index := map[string]*engine.Parameter{}
	for i := range l.pkg.Parameters {
		p := &l.pkg.Parameters[i]
		known[i], index[p.Name] = p.Name, p
	}
	for _, name := range sortedNames(given) {
		place := prefix + l.pkg.Family() + "/" + name
		if p := index[name]; p != nil {
			l.entityParameter(p, given, at[place])
			continue
		}
		l.fault(at[place+"#key"], RuleParameter, diag.DidYouMean(name, known), "package %s has no parameter %q", l.pkg.Family(), name)
	}
}
