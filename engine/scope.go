package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// place is where formulas of one document are worked out: who, where, when,
// and for each package the scope its formulas see.
type place struct {
	cat         *Catalog
	environment Environment
	entity      *Entity
	view        *entityView // nil: worked out from entity
	document    map[string]any
	keys        KeyStore
	context     any                         // Fields or map
	snapshot    map[*Package]map[string]any // parameters as they were when the run first saw them
	accepted    time.Time                   // of a run: when it was taken

	common *formula.Scope
	scopes map[*Package]*formula.Scope
	last   *Package
	recent *formula.Scope
}

// base returns the names that are the same for all packages.
func (p *place) base() *formula.Scope {
	if p.common == nil {
		s := formula.NewScope(&host{cat: p.cat, pkg: &Package{}, entity: p.entity, environment: p.environment})
		if p.cat.watch != nil {
			s.SetWatch(p.cat.watch)
		}
		s.Set("document", p.document)
		s.Set("context", p.context)
		if p.entity != nil {
			if p.view == nil {
				p.view = &entityView{entityFields(p.entity), p.entity.Zone()}
			}
			s.Set("entity", p.view.fields)
		}
		p.common = s
	}
	return p.common
}

// of returns the scope formulas of a package see.
func (p *place) of(pkg *Package) *formula.Scope {
	if p.last == pkg {
		return p.recent
	}
	s := p.scopes[pkg]
	if s == nil {
		s = p.make(pkg)
		if p.scopes == nil {
			p.scopes = map[*Package]*formula.Scope{}
		}
		p.scopes[pkg] = s
	}
	p.last, p.recent = pkg, s
	return s
}

func (p *place) make(pkg *Package) *formula.Scope {
	h := &host{cat: p.cat, pkg: pkg, entity: p.entity, environment: p.environment, keys: p.keys}
	s := p.base().WithHost(h)
	h.day = func() (civil.Date, error) { return p.day(pkg) }
	s.SetLazy("ext", func(*formula.Scope) (any, error) {
		all, _ := p.document["extensions"].(map[string]any)
		return all[ExtensionName(pkg.Family())], nil
	})
	s.Set("param", &parameters{place: p, pkg: pkg, scope: s, host: h})
	s.SetLazy("const", func(s *formula.Scope) (any, error) { return newLets(s, pkg.Const), nil })
	return s
}

// ExtensionName returns the name a package's data has under extensions.
func ExtensionName(id string) string { return strings.ReplaceAll(id, "/", "_") }

// day returns the date of the document that a package looks at, in the zone of
// the legal entity: of a run whose document has none, or that has no document
// (a probe), the day it was taken. It is the zero date if the package says none.
func (p *place) day(pkg *Package) (civil.Date, error) {
	v, err := p.date(pkg)
	return p.dayIn(v, nil), err
}

// date returns the date, or the instant, that a package goes by; the zero date
// if it says none.
func (p *place) date(pkg *Package) (any, error) {
	if pkg.Date == nil || p.document == nil && p.accepted.IsZero() {
		return civil.Date{}, nil
	}
	v, err := any(nil), error(nil)
	if p.document != nil {
		if v, err = pkg.Date.Eval(p.base()); err != nil {
			return civil.Date{}, err
		}
	}
	if v == nil && !p.accepted.IsZero() {
		v = p.accepted
	}
	switch v.(type) {
	case civil.Date, time.Time:
		return v, nil
	}
	return civil.Date{}, diag.Problemf(pkg.Date.Pos(), "SEL-DATE", "the document has no date %q, which package %s goes by", pkg.Date.Source(), pkg.ID)
}

// lets is a record of named values worked out when they are read.
type lets struct{ scope *formula.Scope }

// newLets gives every let its own lazily worked out field; each sees what s sees.
func newLets(s *formula.Scope, list []Let) *lets {
	in := s.Child()
	for _, l := range list {
		in.SetLazy(l.Name, func(*formula.Scope) (any, error) { return l.Value.Eval(s) })
	}
	return &lets{in}
}

// Field returns the value of a let.
func (l *lets) Field(name string) (any, bool, error) { return l.scope.Lookup(name) }

// setLets puts lets in sight of each other and of everything in s.
func setLets(s *formula.Scope, list []Let) {
	for i := range list {
		v := list[i].Value
		s.SetLazy(list[i].Name, func(in *formula.Scope) (any, error) { return v.Eval(in) })
	}
}

// parameters is param of one package and legal entity.
type parameters struct {
	place *place
	pkg   *Package
	scope *formula.Scope
	host  *host
	done  map[string]any
}

// Field returns the value of a parameter.
func (p *parameters) Field(name string) (any, bool, error) {
	if v, ok := p.place.snapshot[p.pkg][name]; ok {
		return v, true, nil
	}
	if v, ok := p.done[name]; ok {
		return v, true, nil
	}
	for i := range p.pkg.Parameters {
		if d := &p.pkg.Parameters[i]; d.Name == name {
			v, err := p.work(d)
			if err == nil {
				if p.done == nil {
					p.done = map[string]any{}
				}
				p.done[name] = v
			}
			return v, true, err
		}
	}
	return nil, false, nil
}

func (p *parameters) work(d *Parameter) (any, error) {
	v, pos, err := p.given(d)
	if err != nil {
		return nil, err
	}
	if v == nil {
		if d.Required {
			return nil, p.missing(d)
		}
		return nil, nil
	}
	if k := d.Type.Kind(); k == formula.SecretKind || k == formula.CertificateKind || k == formula.ConnectionKind {
		return v, p.foreign(d, v)
	}
	out, err := d.Type.Convert(v)
	if err != nil {
		return nil, diag.Problem{Pos: pos, Rule: "CFG-PARAMETER-VALUE", Message: fmt.Sprintf("parameter %q of %s: %v", d.Name, p.pkg.ID, err), Err: err}
	}
	return out, nil
}

// foreign refuses a certificate of another environment, before anything is done
// with it.
func (p *parameters) foreign(d *Parameter, v any) error {
	if b, ok := p.place.keys.(BoundKeys); ok && d.Type.Kind() == formula.CertificateKind {
		return b.Refuses(v)
	}
	return nil
}

// given evaluates what the strongest layer says.
func (p *parameters) given(d *Parameter) (any, diag.Pos, error) {
	h := *p.host
	if h.secrets = fetched; d.Type.Kind() == formula.CertificateKind {
		h.secrets = referred
	}
	s := p.scope.WithHost(&h)
	list, err := p.place.given(p.pkg, d)
	if err != nil {
		return nil, d.Pos, err
	}
	for _, g := range list {
		if !g.Open {
			v, err := g.Value.Eval(s)
			return v, g.Pos, err
		}
	}
	return nil, d.Pos, nil
}

func (p *parameters) missing(d *Parameter) error {
	id, at := "(none)", diag.Pos{}
	if e := p.place.entity; e != nil {
		id, at = e.ID, e.Pos
	}
	says := "legal entity %q does not set parameter %q of %s"
	if other := p.elsewhere(d); other != "" {
		says += " for this environment, only for " + string(other)
	}
	return diag.Problem{Pos: at, Rule: "RUN-PARAMETER", Message: fmt.Sprintf(says, id, d.Name, p.pkg.Family()),
		Hint: "set it with: fiscus entity set " + id + " " + p.pkg.Family() + " " + d.Name + "=..."}
}

// elsewhere returns the environment that alone has a value; empty: none has.
func (p *parameters) elsewhere(d *Parameter) Environment {
	at := *p.place
	for _, env := range []Environment{Test, Production} {
		at.environment = env
		if list, err := at.given(p.pkg, d); err == nil && len(list) > 0 && env != p.place.environment {
			return env
		}
	}
	return ""
}

// plain works out every parameter that is no secret, to be kept with a run.
func (p *parameters) plain() (map[string]any, error) {
	out := map[string]any{}
	var list diag.List
	for i := range p.pkg.Parameters {
		d := &p.pkg.Parameters[i]
		if d.Type.Kind() == formula.SecretKind {
			continue
		}
		v, _, err := p.Field(d.Name)
		if err != nil {
			list = append(list, problems(err, "RUN-PARAMETER")...)
			continue
		}
		out[d.Name] = v
	}
	return out, list.Err()
}

// problems turns an error into findings.
func problems(err error, rule string) diag.List {
	switch e := err.(type) {
	case nil:
		return nil
	case diag.List:
		return e
	case diag.Problem:
		return diag.List{e}
	}
	return diag.List{{Rule: rule, Message: err.Error(), Err: err}}
}

// documentID returns the document's own id, or "".
func documentID(d *document.Document) string {
	id, _ := d.Value["id"].(string)
	return id
}
