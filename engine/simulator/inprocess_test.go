package simulator

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

func on(t *testing.T, src string) *formula.Program {
	t.Helper()
	p, problems := formula.CompileCondition(src, diag.Pos{}, &formula.Decl{Reader: true, Simulator: true, Names: map[string]formula.Type{
		"keep": formula.Any, "scenario": formula.String, "results": formula.Any, "path": formula.Any, "member": formula.Any, "key": formula.String}}, false)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// desk is an authority with every way a line can fail.
func desk(t *testing.T) *Simulator {
	reply := &Reply{Format: "text", Data: formula.Literal("a whole answer", diag.Pos{})}
	fixed := func(name string, c Case) Case { c.When = on(t, `scenario == "`+name+`"`); return c }
	return &Simulator{Name: "desk", ClientTLS: true,
		Scenarios: []Scenario{{Name: "down"}, {Name: "lost"}, {Name: "cut"}, {Name: "torn"}, {Name: "slow"}, {Name: "late"}},
		Routes: []*Route{{Name: "take", Method: "POST", Path: "/notes", Cases: []Case{
			fixed("down", Case{Drop: true}), fixed("lost", Case{Lose: true, Reply: reply}),
			{When: on(t, `scenario == "cut" and at("//x") == "y"`), Drop: true}, fixed("torn", Case{Garble: true, Reply: reply}),
			fixed("slow", Case{Delay: 5 * time.Second, Reply: reply}), fixed("late", Case{Delay: 2 * time.Minute, Reply: reply}), {Reply: reply}}}}}
}

type anyKey struct{}

func (anyKey) Key(any) (*keys.Pair, error)   { return keys.StandIn("x", keys.Describe{Curve: true}) }
func (anyKey) Secret(string) ([]byte, error) { return nil, errors.New("none") }

func TestInProcessGivesTheCodesOfTheRealLine(t *testing.T) {
	t.Parallel()
	shut := errors.New("shut")
	tests := []struct {
		name, scenario, path string
		bare                 bool // no certificate
		gate                 error
		code                 string
		waits                time.Duration
		seen                 bool // by the authority
	}{
		{name: "answered", path: "/notes", seen: true},
		{name: "refused", scenario: "down", path: "/notes", code: engine.CodeConnect},
		{name: "no certificate", path: "/notes", bare: true, code: engine.CodeConnect},
		{name: "gate shut", path: "/notes", gate: shut, code: engine.CodeConnect},
		{name: "no route", path: "/else", code: engine.CodeConnect},
		{name: "lost", scenario: "lost", path: "/notes", code: engine.CodeBroken, seen: true},
		{name: "cut", scenario: "cut", path: "/notes", code: engine.CodeBroken, seen: true},
		{name: "torn", scenario: "torn", path: "/notes", code: engine.CodeBroken, seen: true},
		{name: "slow", scenario: "slow", path: "/notes", waits: 5 * time.Second, seen: true},
		{name: "late", scenario: "late", path: "/notes", code: engine.CodeTimeout, waits: time.Minute, seen: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			begin := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			clock := engine.NewVirtual(begin)
			seen := 0
			a := New(desk(t), Options{Now: clock.Now, Observe: func(context.Context, Event) error { seen++; return nil }})
			p := &InProcess{Authorities: []*Authority{a}, Clock: clock, Keys: anyKey{}, Scenario: func(context.Context) string { return tt.scenario }}
			call := &engine.Call{Method: "POST", URL: "https://desk.example" + tt.path, Body: []engine.Piece{{Bytes: []byte("<x>y</x>")}}}
			if !tt.bare {
				call.Certificate = "own"
			}
			res := p.Do(t.Context(), call, func() error { return tt.gate })
			if res.Code != tt.code || (seen > 0) != tt.seen || clock.Now().Sub(begin) != tt.waits || !res.Received.Equal(clock.Now()) {
				t.Errorf("code %q (%s), seen %d, waited %v", res.Code, res.Reason, seen, clock.Now().Sub(begin))
			}
			if answered := tt.code == ""; answered != (res.Status == 200) || answered != (string(res.Body) == "a whole answer") {
				t.Errorf("status %d, body %q", res.Status, res.Body)
			}
		})
	}
}

// A fault of the simulator file is told, not taken for an answer.
func TestInProcessTellsFaults(t *testing.T) {
	t.Parallel()
	sim := desk(t)
	sim.Routes[0].Cases = sim.Routes[0].Cases[:1]
	clock := engine.NewVirtual(time.Unix(0, 0))
	var faults []error
	p := &InProcess{Authorities: []*Authority{New(sim, Options{Now: clock.Now})}, Clock: clock, Keys: anyKey{}, Fault: func(err error) { faults = append(faults, err) }}
	res := p.Do(t.Context(), &engine.Call{Method: "POST", URL: "https://desk.example/notes", Certificate: "own"}, nil)
	var d diag.Problem
	if res.Code != engine.CodeBroken || len(faults) != 1 || !errors.As(faults[0], &d) || d.Rule != RuleNoCase {
		t.Errorf("code %q, faults %v", res.Code, faults)
	}
}
