package simulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids of this room.
const (
	RuleNoRoute  = "RUN-SIMULATOR-ROUTE"    // no route fits the request
	RuleNoCase   = "RUN-SIMULATOR-CASE"     // no case of a route holds
	RuleScenario = "RUN-SIMULATOR-SCENARIO" // no scenario of that name
)

// Options are the hands of an authority.
type Options struct {
	Now       func() time.Time                   // nil is refused
	Package   *engine.Package                    // const, tables and artifacts in sight
	Artifacts engine.ArtifactStore               // nil: no schema is installed
	Signed    func(data []byte) error            // says whether the document's signature is right
	Host      formula.Host                       // answers table(); nil: none
	Context   map[string]any                     // context in formulas: environment
	Observe   func(context.Context, Event) error // told of every request before it is answered
}

// Authority is a simulated authority with its memory. It is safe for
// concurrent use; requests are worked on one after another, as they come.
type Authority struct {
	sim *Simulator
	o   Options

	mu       sync.Mutex
	scenario string
	memory   map[string]any // by name of keep: map[string]any
	delayed  []stored       // not visible yet
	serials  map[string]int64
	calls    map[*Limit][]time.Time
	skipped  map[string]bool
}

// Request is what reached the authority.
type Request struct {
	Method string
	Path   string
	Header func(name string) (string, bool) // case ignored
	Body   []byte
}

// Outcome is what the authority does about a request.
type Outcome struct {
	Status  int
	Headers map[string]string
	Body    []byte
	Lose    bool // the line breaks before the answer; what was asked is done
	Drop    bool // the line breaks; nothing was done
	Garble  bool // the answer is cut
	Delay   time.Duration
}

// Event is a request as the authority's own log keeps it.
type Event struct {
	At       time.Time `json:"at"`
	Route    string    `json:"route"`
	Method   string    `json:"method"`
	Path     string    `json:"path"` // of the address, without a query
	Scenario string    `json:"scenario,omitempty"`
	Members  []Member  `json:"members,omitempty"`
	SHA256   string    `json:"sha256"` // of the request body
	Bytes    int       `json:"bytes"`
	Result   string    `json:"result"` // replied, lost, dropped, garbled, limited
	Status   int       `json:"status,omitempty"`
}

// Member is what one document of a request got.
type Member struct {
	Key  string `json:"key"`
	Code string `json:"code,omitempty"`
}

// New returns an authority without memory.
func New(sim *Simulator, o Options) *Authority {
	a := &Authority{sim: sim, o: o, memory: map[string]any{}, serials: map[string]int64{},
		calls: map[*Limit][]time.Time{}, skipped: map[string]bool{}}
	for _, name := range sim.Keep {
		a.memory[name] = map[string]any{}
	}
	if a.o.Host == nil {
		a.o.Host = formula.NoHost{}
	}
	return a
}

// SetScenario makes the authority behave as the named scenario says from now
// on; "" or "none" leaves it to the requests.
func (a *Authority) SetScenario(name string) error {
	if name == "none" {
		name = ""
	}
	known := make([]string, 0, len(a.sim.Scenarios))
	for _, s := range a.sim.Scenarios {
		known = append(known, s.Name)
	}
	if name != "" && !contains(known, name) {
		return diag.Problemf(a.sim.Pos, RuleScenario, "simulator %q has no scenario %q", a.sim.Name, name).
			WithHint("%s", diag.DidYouMean(name, known))
	}
	a.mu.Lock()
	a.scenario = name
	a.mu.Unlock()
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Skipped lists the artifacts that checks asked for and that are not
// installed: those checks were skipped.
func (a *Authority) Skipped() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]string, 0, len(a.skipped))
	for id := range a.skipped {
		out = append(out, id)
	}
	return out
}

// Handle works on a request. An error is a fault of the simulator file, not
// an answer of the authority.
func (a *Authority) Handle(ctx context.Context, r Request) (*Outcome, error) {
	return a.handle(ctx, r, "")
}

// handle works on a request in a scenario; "": the one the authority is in.
func (a *Authority) handle(ctx context.Context, r Request, scenario string) (*Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, err := a.visit(r, a.current(scenario))
	if err != nil {
		return nil, err
	}
	out, err := v.answer(ctx)
	if err != nil {
		return nil, fmt.Errorf("simulator %q, route %q: %w", a.sim.Name, v.route.Name, err)
	}
	if a.o.Observe != nil {
		if err := a.o.Observe(ctx, v.event(out)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// current returns the scenario that counts; the caller holds the lock.
func (a *Authority) current(scenario string) string {
	if scenario == "" {
		return a.scenario
	}
	return scenario
}

// missing reports whether err says that an artifact is not installed.
func missing(err error) bool {
	var p diag.Problem
	return errors.As(err, &p) && p.Rule == "ART-MISSING"
}
