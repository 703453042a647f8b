package engine

import (
	"fmt"
	"net/url"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// host answers the formulas of one run.
type host struct {
	formula.NoHost
	cat         *Catalog
	pkg         *Package
	entity      *Entity
	environment Environment
	keys        KeyStore
	secrets     secretMode
	response    formula.Response

	day   func() (civil.Date, error) // of the document
	known *civil.Date
}

func (h *host) when() (when, error) {
	if h.known == nil {
		h.known = &civil.Date{}
		if h.day != nil {
			d, err := h.day()
			if err != nil {
				h.known = nil
				return when{}, err
			}
			h.known = &d
		}
	}
	return when{h.environment, *h.known}, nil
}

// Response returns the response that is being read.
func (h *host) Response() formula.Response { return h.response }

// reading returns a host that differs in the response it offers.
func (h *host) reading(r formula.Response) *host {
	c := *h
	c.response = r
	return &c
}

// Certificate returns the record of the certificate that ref names.
func (h *host) Certificate(ref any) (any, error) {
	if h.keys == nil {
		return nil, diag.Problem{Rule: "SIG-KEY-NONE", Message: "there are no keys here"}
	}
	pair, err := h.keys.Key(ref)
	if err != nil {
		return nil, err
	}
	return keys.Record(pair.Leaf), nil
}

// secretMode says what secret(x) means.
type secretMode uint8

const (
	opaque   secretMode = iota // formulas of packages: x itself, made opaque
	fetched                    // what a legal entity is set up with: the secret of that name
	referred                   // the same of a parameter of type certificate: a reference to it
)

// Secret makes a value opaque or finds the secret of that name.
func (h *host) Secret(ref any) (formula.Secret, error) {
	name, ok := ref.(string)
	switch {
	case !ok || h.secrets == opaque:
		return formula.NewSecret("", ref)
	case h.secrets == referred:
		return formula.NewSecret(name, name)
	}
	return fetchSecret(h.keys, name)
}

func fetchSecret(store KeyStore, name string) (formula.Secret, error) {
	if store == nil {
		return formula.Secret{}, diag.Problem{Rule: "SIG-KEY-NONE", Message: "there are no secrets here"}
	}
	data, err := store.Secret(name)
	if err != nil {
		return formula.Secret{}, err
	}
	return formula.NewSecret(name, data)
}

// EntityBy returns the fields of the legal entity whose field has the value.
func (h *host) EntityBy(field string, value any) (any, error) {
	for _, id := range h.cat.names {
		e := h.cat.entities[id]
		if Same(e.Fields[field], value) || field == "id" && Same(id, value) {
			return entityFields(e), nil
		}
	}
	return nil, nil
}

func entityFields(e *Entity) map[string]any {
	if _, ok := e.Fields["id"]; ok {
		return e.Fields
	}
	m := make(map[string]any, len(e.Fields)+1)
	for k, v := range e.Fields {
		m[k] = v
	}
	m["id"] = e.ID
	return m
}

// Zone returns the zone of a legal entity, UTC if it says none.
func (e *Entity) Zone() *time.Location {
	name, _ := e.Fields["zone"].(string)
	if z, err := civil.Zone(name); err == nil && name != "" {
		return z
	}
	return time.UTC
}

// environments is a set: which ones an address is listed for.
type environments struct{ all, test, production bool }

func (e environments) allow(env Environment) bool {
	return e.all || env == Test && e.test || env == Production && e.production
}

// endpointURLs collects the addresses that tables list for an environment.
func endpointURLs(p *Package) map[string]environments {
	out := map[string]environments{}
	for _, t := range p.Tables {
		for i := range t.Rows {
			r := &t.Rows[i]
			for _, v := range r.Values {
				text, _ := v.(string)
				u, err := url.Parse(text)
				if err != nil || u.Host == "" {
					continue
				}
				e := out[text]
				e.all = e.all || r.Environment == "" || r.Environment == "*"
				e.test = e.test || r.Environment == string(Test)
				e.production = e.production || r.Environment == string(Production)
				out[text] = e
			}
		}
	}
	return out
}

// interlock refuses a call that mixes environments: an address that tables
// list only for another one, a key that was set up for another one.
func (h *host) interlock(c *Call) error {
	if e, listed := h.cat.urls[h.pkg][c.URL]; listed && !e.allow(h.environment) {
		return mixed("the address %s is not one of environment %s", c.URL, h.environment)
	}
	lock, ok := h.keys.(Interlock)
	if !ok || c.Certificate == nil {
		return nil
	}
	if env, bound := lock.Environment(c.Certificate); bound && env != h.environment {
		return mixed("the certificate belongs to environment %s, the run to %s", env, h.environment)
	}
	return nil
}

func mixed(format string, args ...any) error {
	return diag.Problem{Rule: "RUN-ENVIRONMENT", Message: fmt.Sprintf(format, args...),
		Hint: "nothing was sent; correct the deployment, the table or the secret"}
}
