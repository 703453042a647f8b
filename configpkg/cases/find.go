package cases

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A Case is a document for which one rule just holds or just fails.
type Case struct {
	Rule     string
	Holds    bool
	Document []byte   // JSON
	Beside   string   // document of the tests it differs from, and in what
	Findings []string // rule ids of everything that is found, sorted
	Places   []string // the same with their places in the document
	Test     *casetest.Test
}

// Report is what was found, by rule in order of files and places.
type Report struct {
	Cases  []Case
	Failed []Missing // rules for which a document is missing
}

// Missing is a rule without a case.
type Missing struct {
	Rule string
	Pos  diag.Pos
	Why  string
}

// Options bound a search.
type Options struct {
	Tries int // documents tried for one rule; zero: 4000
}

// Find looks for one holding and one failing document for every rule.
func Find(ctx context.Context, b *load.Bundle, o Options) (*Report, error) {
	if o.Tries == 0 {
		o.Tries = 4000
	}
	l, err := newLab(b)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	for _, file := range slices.Sorted(maps.Keys(b.Package.Rules)) {
		rs := b.Package.Rules[file]
		for i := range rs.Checks {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l.rule(r, rs, &rs.Checks[i], o.Tries)
		}
	}
	return r, nil
}

// seed is a document of the tests, with the test that hands it in.
type seed struct {
	test *casetest.Test
	file string
	doc  *node
}

// lab tries documents against rules without running flows.
type lab struct {
	b     *load.Bundle
	seeds []seed
	cats  map[string]*judge // by file of the entity
}

func newLab(b *load.Bundle) (*lab, error) {
	l := &lab{b: b, cats: map[string]*judge{}}
	seen := map[string]bool{}
	for _, t := range b.Tests {
		if t.File == TestFile { // what was made before is made anew
			continue
		}
		for i := range t.Script {
			s := t.Script[i].Submit
			if s == nil || s.Document == "" || s.Original != "" || b.Entities[t.Entity] == nil || seen[t.Entity+"\x00"+s.Document] {
				continue
			}
			seen[t.Entity+"\x00"+s.Document] = true
			data, err := fs.ReadFile(b.Package.Files, s.Document)
			if err != nil {
				return nil, err
			}
			doc, err := parse(data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Document, err)
			}
			l.seeds = append(l.seeds, seed{t, s.Document, doc})
			if err := l.judgeFor(t); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

func (l *lab) judgeFor(t *casetest.Test) error {
	if l.cats[t.Entity] != nil {
		return nil
	}
	j, err := newJudge(l.b, t)
	l.cats[t.Entity] = j
	return err
}

// rule looks for the two cases of a rule.
func (l *lab) rule(r *Report, rs *engine.RuleSet, c *engine.Check, tries int) {
	miss := func(why string) { r.Failed = append(r.Failed, Missing{c.ID, c.Pos, why}) }
	if len(rs.Inputs) > 0 {
		miss("its rule set has inputs: only a flow can give them")
		return
	}
	s := &hunt{lab: l, rs: rs, check: c, left: tries}
	holds, fails := s.run()
	for _, found := range []*Case{holds, fails} {
		if found != nil {
			r.Cases = append(r.Cases, *found)
		}
	}
	switch {
	case holds == nil && fails == nil:
		miss(fmt.Sprintf("it says nothing of any of %d documents", tries-s.left))
	case holds == nil:
		miss("no document was found for which it holds")
	case fails == nil:
		miss(fmt.Sprintf("no document was found for which it fails, of %d", tries-s.left))
	}
}

// hunt is the search for one rule.
type hunt struct {
	lab         *lab
	rs          *engine.RuleSet
	check       *engine.Check
	left        int
	holds       *Case
	fails       *Case
	holdsClean  bool
	failsAlone  bool
	holdsDoc    *node
	holdsSeed   seed
	holdsSays   string
	interesting []start
}

// start is a document from which one more edit is tried.
type start struct {
	seed seed
	doc  *node
	says string
}

func (h *hunt) done() bool { return h.left <= 0 || h.holdsClean && h.failsAlone }

// run tries the documents of the tests, then those that differ in one field,
// then in two.
func (h *hunt) run() (holds, fails *Case) {
	for _, s := range h.lab.seeds {
		h.try(start{s, s.doc, ""})
	}
	first := []start{}
	if h.holdsDoc != nil { // what fails should differ little from what holds
		first = append(first, start{h.holdsSeed, h.holdsDoc, h.holdsSays})
	}
	for _, s := range h.lab.seeds {
		first = append(first, start{s, s.doc, ""})
	}
	h.around(first)
	h.around(slices.Clone(h.interesting))
	return h.holds, h.fails
}

func (h *hunt) around(starts []start) {
	for _, s := range starts {
		what := reads(h.lab.b.Package, h.lab.b.Entities[s.seed.test.Entity], h.rs, h.check, s.doc)
		for _, e := range what.edits(s.doc) {
			if h.done() {
				return
			}
			says := e.says
			if s.says != "" {
				says = s.says + " and " + e.says
			}
			h.try(start{s.seed, e.doc, says})
		}
	}
}

// try judges a document and keeps it if it is the best so far.
func (h *hunt) try(s start) {
	h.left--
	v := h.lab.cats[s.seed.test.Entity].judge(h.rs, h.check, s.doc.write())
	if !v.readable {
		return
	}
	if len(h.interesting) < 60 && s.says != "" && (v.fired || v.near) {
		h.interesting = append(h.interesting, s)
	}
	if !v.fired {
		return
	}
	c := &Case{Rule: h.check.ID, Holds: !v.failed, Document: s.doc.write(), Beside: beside(s), Findings: v.findings, Places: v.places, Test: s.seed.test}
	switch {
	case !v.failed && (h.holds == nil || !h.holdsClean && len(v.findings) == 0):
		h.holds, h.holdsClean, h.holdsDoc, h.holdsSeed, h.holdsSays = c, len(v.findings) == 0, s.doc, s.seed, s.says
	case v.failed && (h.fails == nil || !h.failsAlone && len(v.findings) == 1):
		h.fails, h.failsAlone = c, len(v.findings) == 1
	}
}

func beside(s start) string {
	if s.says == "" {
		return s.seed.file
	}
	return s.seed.file + ": " + s.says
}
