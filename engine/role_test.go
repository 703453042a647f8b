package engine_test

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// carrier is a flow that plays the role "carry" when the parameter says so.
func carrier(t testing.TB, pkg *engine.Package, name string) *engine.Flow {
	send := *step(pkg.Flows[0], "send")
	send.With, send.After = enginetest.With(t, "url", "https://authority.test/send", "body", `=input.body`), nil
	send.Handle = []engine.Handler{handle("unknown", engine.Deed{Use: "lookup", With: enginetest.With(t, "body", "=input.body")})}
	f := flow("carry-"+name, engine.Part, &send)
	f.Role, f.Gives = "carry", []string{"send"}
	f.Applies = &engine.Clause{Op: "is", Field: enginetest.Program(t, "param.carrier"), Path: "param.carrier", Values: []any{name}}
	f.Outputs = enginetest.With(t, "by", "=param.own")
	return f
}

// roles is a world whose package sends through a role; another package plays
// it too.
func roles(t testing.TB, chosen string, script ...enginetest.Behaviour) *world {
	w := newWorld(t, script...)
	param := func(own string) []engine.Parameter {
		return []engine.Parameter{{Name: "carrier", Type: formula.String}, {Name: "own", Type: formula.String, Default: enginetest.Value(t, own)}}
	}
	w.pkg.Parameters = param("first")
	other := &engine.Package{ID: "xx/other", Version: "2.1.0", Digest: "h1:other", Documents: w.pkg.Documents, Parameters: param("second"), Flows: []*engine.Flow{enginetest.Lookup(t)}}
	other.Flows = append(other.Flows, carrier(t, w.pkg, "b"))
	w.pkg.Flows = append(w.pkg.Flows, carrier(t, w.pkg, "a"))
	w.others = []*engine.Package{other}
	f := w.pkg.Flows[0]
	for i, s := range f.Steps {
		if s.ID == "send" {
			f.Steps[i] = &engine.FlowStep{ID: "send", Use: "role carry", Role: "carry", After: s.After, With: enginetest.With(t, "body", "=steps.sign.out")}
		}
	}
	f.Fields = enginetest.With(t, "by", "=steps.send.by")
	w.entities[0].Parameters = map[string]map[string]engine.Expr{"xx/test": {"carrier": enginetest.Value(t, chosen)}, "xx/other": {"carrier": enginetest.Value(t, "nobody asks")}}
	return w
}

// The one flow that applies is run, with what its own package sees; which one
// applies goes by the parameters of the package that asks.
func TestRoleIsPlayedByTheFlowThatApplies(t *testing.T) {
	t.Parallel()
	for chosen, by := range map[string]string{"a": "first", "b": "second"} {
		w := roles(t, chosen, enginetest.Lost, enginetest.Accept)
		a, r := w.run("1")
		w.ends(a, engine.RunCompleted, engine.DocAccepted)
		w.calls("send", "ask")
		w.never()
		if r.Fields["by"] != by {
			t.Errorf("%s: fields %v", chosen, r.Fields)
		}
	}
}

func TestRoleThatNobodyPlaysIsParkedWithTheCandidates(t *testing.T) {
	t.Parallel()
	w := roles(t, "c")
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSigned)
	if !strings.Contains(a.Reason, "xx/other carry-b, xx/test carry-a") {
		t.Errorf("reason %q", a.Reason)
	}
	w.calls()
	// The package that plays it is deployed, and the run goes on.
	w.others = append(w.others, &engine.Package{ID: "xx/third", Version: "1.0.0", Digest: "h1:third", Documents: w.pkg.Documents, Parameters: w.pkg.Parameters,
		Flows: []*engine.Flow{enginetest.Lookup(t), carrier(t, roles(t, "c").pkg, "c")}})
	w.others[1].Flows[1].Steps[0] = w.pkg.Flows[2].Steps[0]
	e := w.engine()
	if err := e.Resume(t.Context(), "sub-1", "ann", "deployed it"); err != nil {
		t.Fatal(err)
	}
	a, _ = w.follow(e, "sub-1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send")
}

func TestRoleThatTwoPlayIsParkedWithBoth(t *testing.T) {
	t.Parallel()
	w := roles(t, "b")
	twin := *w.others[0]
	twin.ID = "xx/twin"
	w.others = append(w.others, &twin)
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSigned)
	if !strings.Contains(a.Reason, "2 flows") || !strings.Contains(a.Reason, "xx/other carry-b, xx/twin carry-b") {
		t.Errorf("reason %q", a.Reason)
	}
	w.calls()
}

// A run ends with the flow it began with, whatever is deployed meanwhile.
func TestRoleStaysWithTheRun(t *testing.T) {
	t.Parallel()
	w := roles(t, "b", enginetest.Busy, enginetest.Accept)
	w.others[0].Flows[1].Steps[0].Retry = &engine.Retry{First: enginetest.Value(t, `=duration("1h")`), Attempts: 3}
	e := w.engine()
	if _, err := e.Submit(t.Context(), request(t, "1")); err != nil {
		t.Fatal(err)
	}
	if a, err := e.Advance(t.Context(), "sub-1"); err != nil || a.Run != engine.RunWaiting {
		t.Fatalf("%+v, %v", a, err)
	}
	changed := *w.others[0]
	changed.Digest = "h1:changed"
	other := w.others[0]
	w.others[0] = &changed
	a, _ := w.follow(w.engine(), "sub-1")
	if a.Run != engine.RunParked || a.Rule != "RUN-PACKAGE" {
		t.Errorf("%+v", a)
	}
	w.others[0] = other
	e = w.engine()
	if err := e.Resume(t.Context(), "sub-1", "ann", "put it back"); err != nil {
		t.Fatal(err)
	}
	a, _ = w.follow(e, "sub-1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send", "send")
}
