package cases

import (
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// judge asks the rules of a package about documents of one legal entity.
type judge struct {
	pkg    *engine.Package
	cat    *engine.Catalog
	reader *engine.Engine
	entity string
	env    engine.Environment
	keys   engine.KeyStore
	held   map[diag.Pos]bool // asserts that were asked: whether one failed
}

func newJudge(b *load.Bundle, t *casetest.Test) (*judge, error) {
	e := b.Entities[t.Entity]
	cat, problems := engine.NewCatalog([]*engine.Package{b.Package}, nil, []*engine.Entity{e})
	if err := problems.Err(); err != nil {
		return nil, err
	}
	j := &judge{pkg: b.Package, cat: cat, entity: e.ID, env: t.Environment, keys: cover.Keys(b.Package.Files)}
	cat.Watch(func(pos diag.Pos, what any) {
		if ok, is := what.(bool); is && j.held != nil {
			j.held[pos] = j.held[pos] || !ok
		}
	})
	var err error
	j.reader, err = engine.New(cat, engine.Hands{Clock: engine.NewVirtual(time.Unix(0, 0)), Log: engine.NewMemory(nil)}, engine.Options{})
	return j, err
}

// verdict is what rules say of a document.
type verdict struct {
	readable bool
	fired    bool // the rule was asked
	failed   bool // and did not hold
	near     bool // its when was asked
	findings []string
	places   []string          // of the findings, behind their rule ids
	asked    map[diag.Pos]bool // conditions that were asked: whether one was false
}

func (j *judge) judge(rs *engine.RuleSet, c *engine.Check, data []byte) (v verdict) {
	d, problems := j.reader.Read(&engine.Request{Document: data})
	if problems.Grave() || d == nil {
		return v
	}
	j.held = map[diag.Pos]bool{}
	defer func() { j.held = nil }()
	s := j.cat.Outside(j.pkg, engine.Outside{Environment: j.env, Entity: j.entity, Document: d.Value, Keys: j.keys})
	found, err := engine.CheckRules(rs, s)
	if err != nil {
		return v
	}
	v.readable, v.asked = true, j.held
	v.failed, v.fired = j.held[c.Assert.Pos()], false
	if _, asked := j.held[c.Assert.Pos()]; asked {
		v.fired = true
	}
	if c.When != nil {
		_, v.near = j.held[c.When.Pos()]
	}
	for _, p := range found {
		if !slices.Contains(v.findings, p.Rule) {
			v.findings = append(v.findings, p.Rule)
		}
		if at := strings.TrimSpace(p.Rule + " " + p.Path); !slices.Contains(v.places, at) {
			v.places = append(v.places, at)
		}
	}
	slices.Sort(v.findings)
	slices.Sort(v.places)
	return v
}
