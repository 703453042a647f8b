package cover

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// owner is the name under which the engines of a test hold leases: one that is
// started after a crash takes over at once, as a service on the same data does.
const owner = "package test"

// world is what one test has for itself: clock, authorities, log, engine.
type world struct {
	bundle *load.Bundle
	test   *casetest.Test
	o      Options
	entity string

	clock       *engine.Virtual
	random      *rand.ChaCha8
	keys        *testKeys
	sealer      engine.Sealer
	cat         *engine.Catalog
	memory      *engine.Memory
	authorities []*simulator.Authority
	wire        *simulator.InProcess

	engine *engine.Engine
	log    *crashLog
	line   *crashLine

	submissions []*submission
	items       []engine.Item     // what came in through channels, with what became of it
	scenario    string            // of the simulator steps; "" none
	scenarios   map[string]string // of single submissions, by id
	events      []simulator.Event // what reached the authorities
	problems    diag.List
	skipped     []string
	golden      []Golden
	hits        tracker
	asked       bool // something was expected
}

// submission is one document that a test hands in.
type submission struct {
	id      string
	name    string
	refused diag.List // why it was not taken
	asked   bool      // its findings were expected
	pos     diag.Pos
}

func newWorld(b *load.Bundle, t *casetest.Test, o Options) (*world, diag.List) {
	begin := t.Time
	if begin.IsZero() {
		begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	w := &world{bundle: b, test: t, o: o, clock: engine.NewVirtual(begin), random: rand.NewChaCha8(sha256.Sum256([]byte(t.Name))),
		keys: newTestKeys(b.Package.Files), memory: engine.NewMemory(nil), scenarios: map[string]string{}}
	cat, problems := w.catalog()
	if problems.Grave() {
		return nil, problems
	}
	w.cat = cat
	if o.Coverage {
		w.hits = tracker{}
		cat.Watch(w.hits.note)
	}
	host := cat.Outside(b.Package, engine.Outside{Environment: t.Environment, Entity: w.entity, Keys: w.keys,
		Day: func() civil.Date { return civil.DateOf(w.clock.Now().In(begin.Location())) }}).Host()
	for _, sim := range b.Simulators {
		w.authorities = append(w.authorities, simulator.New(sim, simulator.Options{Now: w.clock.Now, Package: b.Package, Artifacts: o.Artifacts, Host: host,
			Signed: signed, Context: map[string]any{"environment": string(t.Environment)}, Observe: w.observe}))
	}
	w.wire = &simulator.InProcess{Authorities: w.authorities, Clock: w.clock, Keys: w.keys, Scenario: w.current, Fault: w.fault}
	if err := w.start(); err != nil {
		return nil, diag.List{diag.Problemf(t.Pos, RuleStep, "the engine does not start: %v", err)}
	}
	return w, nil
}

// signed says whether every signature of an XML document holds.
func signed(data []byte) error {
	d, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		return err
	}
	all := xmldsig.Signatures(d)
	if len(all) == 0 {
		return errors.New("the document is not signed")
	}
	for _, n := range all {
		if _, err := xmldsig.VerifyAt(d, n, xmldsig.Check{Any: true, AllowSHA1: true}); err != nil {
			return err
		}
	}
	return nil
}

// catalog deploys the package for the entity of the test.
func (w *world) catalog() (*engine.Catalog, diag.List) {
	var entities []*engine.Entity
	use := engine.Use{Package: w.bundle.Package.ID, Version: w.bundle.Package.Version, Pos: w.test.Pos}
	if e := w.bundle.Entities[w.test.Entity]; e != nil {
		entities = append(entities, w.parametrised(e))
		w.entity = e.ID
	} else if w.test.Given == nil {
		return nil, diag.List{diag.Problemf(w.test.Pos, RuleStep, "the test has no entity").WithHint("add entity: entities/NAME.yaml, a file of kind entity")}
	}
	for _, file := range slices.Sorted(maps.Keys(w.bundle.Entities)) {
		e := w.bundle.Entities[file]
		if !slices.ContainsFunc(entities, func(x *engine.Entity) bool { return x.ID == e.ID }) {
			entities = append(entities, e)
		}
	}
	for _, e := range entities {
		use.Entities = append(use.Entities, e.ID)
	}
	return engine.NewCatalog([]*engine.Package{w.bundle.Package}, []*engine.Deployment{{Name: "test", Environment: w.test.Environment, Use: []engine.Use{use}}}, entities)
}

// parametrised returns the entity with the parameters the test gives it.
func (w *world) parametrised(e *engine.Entity) *engine.Entity {
	if len(w.test.Parameters) == 0 {
		return e
	}
	c, id := *e, w.bundle.Package.Family()
	c.Parameters, c.Positions = maps.Clone(e.Parameters), maps.Clone(e.Positions)
	own := map[string]engine.Expr{}
	maps.Copy(own, e.Parameters[id])
	for _, l := range w.test.Parameters {
		own[l.Name] = l.Value
		c.Positions[id+"/"+l.Name] = l.Pos
	}
	c.Parameters[id] = own
	return &c
}

// start makes an engine that knows nothing but the log.
func (w *world) start() error {
	w.log = &crashLog{Log: w.memory}
	w.line = &crashLine{Transport: w.wire, log: w.log}
	digest := sha256.Sum256([]byte("digests of a package test"))
	if w.sealer == nil { // the same after a restart
		box, err := keys.NewBox(nil)
		if err != nil {
			return err
		}
		w.sealer = box
	}
	e, err := engine.New(w.cat, engine.Hands{Sealer: w.sealer, Clock: w.clock, Random: w.random, Keys: w.keys, Transport: w.line, Log: w.log,
		Artifacts: w.o.Artifacts, DigestKey: digest[:]}, engine.Options{Owner: owner, Version: "test"})
	w.engine = e
	return err
}

func (w *world) observe(_ context.Context, e simulator.Event) error {
	w.events = append(w.events, e)
	return nil
}

func (w *world) fault(err error) {
	p := diag.Problem{Pos: w.test.Pos, Rule: RuleSimulator, Message: err.Error(), Err: err}
	var d diag.Problem
	if errors.As(err, &d) {
		p.Pos, p.Message, p.Hint = d.Pos, d.Message, d.Hint
	}
	w.problems.Add(p)
}

type submissionKey struct{}

// current returns the scenario of the call that is being made: that of its
// submission, else the one the script set.
func (w *world) current(ctx context.Context) string {
	if id, ok := ctx.Value(submissionKey{}).(string); ok && w.scenarios[id] != "" {
		return w.scenarios[id]
	}
	return w.scenario
}

func (w *world) addf(pos diag.Pos, rule, format string, args ...any) {
	w.problems.Add(diag.Problemf(pos, rule, format, args...))
}

func (w *world) skip(id string) {
	if !slices.Contains(w.skipped, id) {
		w.skipped = append(w.skipped, id)
	}
}

// close says what nobody asked about.
func (w *world) close() {
	for _, a := range w.authorities {
		for _, id := range a.Skipped() {
			w.skip(id)
		}
	}
	slices.Sort(w.skipped)
	for _, s := range w.submissions {
		if s.refused != nil && !s.asked {
			w.problems.Add(diag.Problem{Pos: s.pos, Rule: RuleRefused, Message: "the document was not taken: " + oneLine(s.refused),
				Hint: "if that is right, expect its findings: " + strings.Join(ruleIDs(s.refused), ", ")})
		}
	}
	if !w.asked && w.test.Given == nil {
		w.addf(w.test.Pos, RuleSilent, "the test expects nothing")
	}
}

func oneLine(l diag.List) string {
	texts := make([]string, len(l))
	for i, p := range l {
		texts[i] = fmt.Sprintf("%s [%s]", p.Message, p.Rule)
	}
	return strings.Join(texts, "; ")
}

func ruleIDs(l diag.List) []string {
	ids := make([]string, len(l))
	for i, p := range l {
		ids[i] = p.Rule
	}
	slices.Sort(ids)
	return ids
}
