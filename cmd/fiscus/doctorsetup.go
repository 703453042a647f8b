package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// certificateNotices are how long before its end a certificate is warned of,
// and what is to be done then, the most urgent first.
var certificateNotices = []struct {
	days int
	says string
}{{7, "now: get a new one and keep it under the same name with fiscus secret set"}, {30, "get a new one, keep it under another name and try it"}, {60, "order a new one"}}

// checkSetUp loads the packages in use and fits legal entities and deployments.
func (a *app) checkSetUp() ([]checked, *workspace.Workspace) {
	work, err := a.openWorkspace(&setup{})
	var list diag.List
	switch {
	case errors.As(err, &list) && solely(list, workspace.RuleNothing):
		return []checked{warn("deployments", "write a file in deployments/ of the data folder; docs/getting-started.md has one", "nothing is deployed")}, nil
	case errors.As(err, &list):
		c := fail("packages, entities, deployments", "", "%s", plural(len(list), "problem", "problems"))
		c.Details = list
		return []checked{c}, nil
	case err != nil:
		return []checked{broken("packages, entities, deployments", err)}, nil
	}
	var out []checked
	for _, p := range work.Catalog.Packages() {
		out = append(out, ok("package", "%s@%s: %s", p.ID, p.Version, plural(len(p.Flows), "flow", "flows")))
	}
	for _, id := range work.Catalog.Entities() {
		out = append(out, deployedFor(work.Catalog, id))
	}
	if len(work.Warnings) > 0 {
		c := warn("packages, entities, deployments", "", "%s", plural(len(work.Warnings), "remark", "remarks"))
		c.Details = work.Warnings
		out = append(out, c)
	}
	return out, work
}

func solely(list diag.List, rule string) bool { return len(list) == 1 && list[0].Rule == rule }

func deployedFor(cat *engine.Catalog, entity string) checked {
	var in []string
	for _, env := range []engine.Environment{engine.Test, engine.Production} {
		for _, p := range cat.Deployed(env, entity) {
			in = append(in, fmt.Sprintf("%s@%s in %s", p.ID, p.Version, env))
		}
	}
	if len(in) == 0 {
		return warn("legal entity", "name it under entities in a file of deployments/", "nothing is deployed for %s", entity)
	}
	return ok("legal entity", "%s: %s", entity, strings.Join(in, ", "))
}

// checkSecrets opens every certificate and secret that a legal entity gives a
// package that is deployed for it.
func (a *app) checkSecrets(work *workspace.Workspace, now time.Time) (out []checked) {
	store, err := a.keyStore()
	if err != nil {
		return []checked{broken("certificates", err)}
	}
	seen := map[string]bool{}
	for _, entity := range work.Catalog.Entities() {
		for _, env := range []engine.Environment{engine.Test, engine.Production} {
			for _, p := range work.Catalog.Deployed(env, entity) {
				scope := work.Catalog.Outside(p, engine.Outside{Environment: env, Entity: entity, Keys: store})
				for _, par := range p.Parameters {
					c := checkParameter(work.Catalog, env, work.Catalog.Entity(entity), p, &par, scope, store, now)
					if c != nil && !seen[c.Name+c.Says] {
						seen[c.Name+c.Says] = true
						out = append(out, *c)
					}
				}
			}
		}
	}
	return out
}

// checkParameter looks at a parameter that names a certificate or secret; nil
// if it does not.
func checkParameter(cat *engine.Catalog, env engine.Environment, e *engine.Entity, p *engine.Package, par *engine.Parameter, scope *formula.Scope, store host.Keys, now time.Time) *checked {
	kind := par.Type.Kind()
	if kind != formula.CertificateKind && kind != formula.SecretKind {
		return nil
	}
	if given, err := cat.Given(p, par, engine.Outside{Environment: env, Entity: e.ID}); err == nil && len(given) == 0 && !par.Required {
		return nil
	}
	name := "certificate"
	if kind == formula.SecretKind {
		name = "secret"
	}
	what := fmt.Sprintf("%s of %s for %s", par.Name, e.ID, p.ID)
	v, err := parameter(scope, par.Name)
	if err != nil {
		c := broken(name, err)
		c.Says = what + ": " + c.Says
		return &c
	}
	if kind == formula.SecretKind {
		c := ok(name, "%s opens", what)
		return &c
	}
	pair, err := store.Bound(env).Key(v)
	if err != nil {
		c := broken(name, err)
		c.Says = what + ": " + c.Says
		return &c
	}
	c := checkPair(what, pair, now)
	return &c
}

// parameter returns the value of a parameter as a run would see it.
func parameter(scope *formula.Scope, name string) (any, error) {
	all, _, err := scope.Lookup("param")
	if err != nil {
		return nil, err
	}
	fields, ok := all.(formula.Fields)
	if !ok {
		return nil, fmt.Errorf("no parameter %q", name)
	}
	v, _, err := fields.Field(name)
	return v, err
}

func checkPair(what string, pair *keys.Pair, now time.Time) checked {
	leaf := pair.Leaf
	day := leaf.NotAfter.UTC().Format(time.DateOnly)
	left := leaf.NotAfter.Sub(now)
	switch {
	case left <= 0:
		return fail("certificate", "get a new one and keep it under the same name: fiscus secret set", "%s ended on %s", what, day)
	case now.Before(leaf.NotBefore):
		return fail("certificate", "look at the clock, or wait", "%s begins on %s", what, leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	for _, n := range certificateNotices {
		if days := int(left.Hours() / 24); days < n.days {
			return warn("certificate", n.says, "%s ends on %s, in %s", what, day, plural(days, "day", "days"))
		}
	}
	return ok("certificate", "%s: %s, until %s, %s left", what, keys.Name(leaf.RawSubject), day, plural(int(left.Hours()/24), "day", "days"))
}

// checkOfficial looks for the official files that packages in use name.
func (a *app) checkOfficial(work *workspace.Workspace, dir string) (out []checked) {
	store, err := a.openArtifacts(dir)
	if err != nil {
		return []checked{broken("official files", err)}
	}
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		return []checked{broken("official files", err)}
	}
	for _, p := range work.Catalog.Packages() {
		missing := []string{}
		for _, x := range p.Artifacts {
			if name := x.Bundle + "/" + x.Entry; !lib.Has(name) && !slices.Contains(missing, x.Bundle) {
				missing = append(missing, x.Bundle)
			}
		}
		switch {
		case len(p.Artifacts) == 0:
		case len(missing) > 0:
			out = append(out, warn("official files", "fiscus artifacts import FOLDER|ZIP|URL; until then these checks are skipped, and said to be",
				"%s asks for what is not in %s: %s", p.ID, store.Dir(), strings.Join(missing, ", ")))
		default:
			out = append(out, ok("official files", "%s: %s in %s", p.ID, plural(len(p.Artifacts), "file", "files"), store.Dir()))
		}
	}
	return out
}
