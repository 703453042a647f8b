package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is one engine with everything around it made up.
type world struct {
	t         testing.TB
	clock     *engine.Virtual
	log       engine.Log
	authority *enginetest.Authority
	pkg       *engine.Package
	others    []*engine.Package // deployed beside it
	entities  []*engine.Entity
	options   engine.Options
	keys      engine.KeyStore
	sealer    engine.Sealer
	transport engine.Transport // in place of authority
}

// issue, lookup and flow are those of enginetest.
func issue(t testing.TB) *engine.Package { return enginetest.Issue(t) }

func flow(name string, kind engine.FlowKind, steps ...*engine.FlowStep) *engine.Flow {
	return enginetest.Flow(name, kind, steps...)
}

func handle(on string, deeds ...engine.Deed) engine.Handler {
	return engine.Handler{On: on, Deeds: deeds}
}

func step(f *engine.Flow, id string) *engine.FlowStep {
	for _, s := range f.Steps {
		if s.ID == id {
			return s
		}
	}
	panic("no step " + id)
}

func newWorld(t testing.TB, script ...enginetest.Behaviour) *world {
	clock := engine.NewVirtual(noon)
	return &world{t: t, clock: clock, log: engine.NewMemory(nil), authority: &enginetest.Authority{Script: script, Clock: clock}, pkg: issue(t),
		entities: []*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "zone": "America/Sao_Paulo", "country": "XX"}}},
		options:  engine.Options{Owner: "test"}}
}

func (w *world) engine() *engine.Engine { return w.engineOn(w.log) }

func (w *world) engineOn(log engine.Log) *engine.Engine {
	w.t.Helper()
	var ids []string
	for _, e := range w.entities {
		ids = append(ids, e.ID)
	}
	packages, use := []*engine.Package{w.pkg}, []engine.Use{{Package: w.pkg.ID, Entities: ids}}
	for _, p := range w.others {
		packages, use = append(packages, p), append(use, engine.Use{Package: p.ID, Entities: ids})
	}
	c, list := engine.NewCatalog(packages, []*engine.Deployment{{Name: "d", Environment: engine.Test, Use: use}}, w.entities)
	if err := list.Err(); err != nil {
		w.t.Fatal(err)
	}
	h := engine.Hands{Clock: w.clock, Random: enginetest.Random(1), Log: log, Keys: w.keys, Sealer: w.sealer, DigestKey: []byte("key")}
	if w.transport != nil {
		h.Transport = w.transport
	}
	if w.authority != nil {
		h.Transport = w.authority
	}
	e, err := engine.New(c, h, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func request(t testing.TB, id string) *engine.Request {
	return &engine.Request{ID: "sub-" + id, Document: enginetest.Document(t, id), Entity: "acme", Environment: engine.Test}
}

// run submits a document and follows it.
func (w *world) run(id string) (engine.Advanced, *engine.Report) {
	w.t.Helper()
	e := w.engine()
	s, err := e.Submit(context.Background(), request(w.t, id))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.follow(e, s.ID)
}

func (w *world) follow(e *engine.Engine, id string) (engine.Advanced, *engine.Report) {
	w.t.Helper()
	out, err := e.Run(context.Background(), []string{id}, 1, 48*time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := e.Report(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return out[id], r
}

func (w *world) ends(a engine.Advanced, run engine.RunStatus, doc engine.DocStatus) {
	w.t.Helper()
	if a.Run != run || a.Status != doc {
		w.t.Errorf("want %s and %s, got %s and %s: %s %s", run, doc, a.Run, a.Status, a.Rule, a.Reason)
	}
}

func (w *world) calls(want ...string) {
	w.t.Helper()
	got := w.authority.Calls()
	if len(got) != len(want) {
		w.t.Errorf("want calls %v, got %v", want, got)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			w.t.Errorf("want calls %v, got %v", want, got)
			return
		}
	}
}

// never checks what must hold whatever happens.
func (w *world) never() {
	w.t.Helper()
	if _, twice := w.authority.Taken(); twice > 0 {
		w.t.Errorf("the authority took %d documents twice", twice)
	}
	if n := len(w.authority.Received()); n > 1 {
		w.t.Errorf("%d different documents were sent for one", n)
	}
}

// fakeKeys is a key store with secrets of an environment.
type fakeKeys struct {
	secrets     map[string]string
	environment engine.Environment
}

func (k *fakeKeys) Key(any) (*keys.Pair, error) { return nil, diag.Problem{Rule: "SIG-KEY-NONE"} }

func (k *fakeKeys) Secret(name string) ([]byte, error) {
	s, ok := k.secrets[name]
	if !ok {
		return nil, diag.Problem{Rule: "SIG-KEY-REFERENCE", Message: "no secret " + name}
	}
	return []byte(s), nil
}

func (k *fakeKeys) Environment(any) (engine.Environment, bool) {
	return k.environment, k.environment != ""
}
