package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

var behaviours = []enginetest.Behaviour{enginetest.Accept, enginetest.Reject, enginetest.Lost, enginetest.Cut, enginetest.Refused, enginetest.Later, enginetest.Busy,
	enginetest.Much, enginetest.Denied, enginetest.TimedOut, enginetest.Nonsense, enginetest.Unfit, enginetest.Outage}

// handlers are ways an author may handle outcomes, also unwise ones.
var handlers = map[string]func(t testing.TB) []engine.Handler{
	"look up": func(t testing.TB) []engine.Handler { return step(issue(t).Flows[0], "send").Handle },
	"park": func(t testing.TB) []engine.Handler {
		return []engine.Handler{handle("unknown", engine.Deed{Do: "park"})}
	},
	"reclass": func(t testing.TB) []engine.Handler {
		return []engine.Handler{handle("unknown", engine.Deed{Class: engine.Transient}), handle("transient", engine.Deed{Class: engine.Missing})}
	},
	"wait": func(t testing.TB) []engine.Handler {
		return []engine.Handler{handle("unknown", engine.Deed{Wait: enginetest.Value(t, `=duration("1m")`)}), handle("pending", engine.Deed{Wait: enginetest.Value(t, `=duration("1m")`)})}
	},
	"go on": func(t testing.TB) []engine.Handler {
		return []engine.Handler{handle("unknown", engine.Deed{Do: "continue"})}
	},
	"stop": func(t testing.TB) []engine.Handler {
		return []engine.Handler{handle("unknown", engine.Deed{Do: "stop"})}
	},
	"none": func(t testing.TB) []engine.Handler { return nil },
}

// Whatever the authority does, whenever the process is killed and however the
// author handles it: nothing is taken twice, no other bytes are sent after
// something that may stand, and statuses only make the moves of the tables.
func TestNothingIsSentTwiceWhateverHappens(t *testing.T) {
	t.Parallel()
	names := []string{"go on", "look up", "look up", "look up", "none", "park", "reclass", "stop", "wait"}
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.SampledFrom(behaviours), 0, 8).Draw(rt, "script")
		w := newWorld(t, script...)
		w.authority.Naive = true
		w.authority.Default = rapid.SampledFrom([]enginetest.Behaviour{enginetest.Accept, enginetest.Reject}).Draw(rt, "then")
		f := w.pkg.Flows[0]
		how := rapid.SampledFrom(names).Draw(rt, "handle")
		step(f, "send").Handle = handlers[how](t)
		nested := rapid.Bool().Draw(rt, "nested")
		if nested {
			nest(t, w.pkg, rapid.Bool().Draw(rt, "repeat"))
		}
		e := w.engine()
		s, err := e.Submit(context.Background(), request(t, "1"))
		if err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(rt, "kills") {
			c := &enginetest.Crash{Log: w.log, At: rapid.IntRange(1, 12).Draw(rt, "at"), After: rapid.Bool().Draw(rt, "after")}
			if _, err := w.engineOn(c).Run(context.Background(), []string{s.ID}, 1, time.Hour); err != nil && !errors.Is(err, enginetest.ErrCrash) {
				rt.Fatal(err)
			}
			w.resume(rt, s.ID)
		}
		if _, err := e.Run(context.Background(), []string{s.ID}, 1, time.Hour); err != nil {
			rt.Fatal(err)
		}
		if _, twice := w.authority.Taken(); twice != 0 {
			rt.Fatalf("taken twice")
		}
		if n := len(w.authority.Received()); n > 1 && !nested {
			rt.Fatalf("%d different documents were sent for one", n)
		}
		if n, _ := w.authority.Taken(); n > 1 {
			rt.Fatalf("the authority took %d documents for one", n)
		}
		statusesAreAllowed(t, w.log, s.ID)
		row, err := w.log.Submission(context.Background(), s.ID)
		if err != nil || row.Status == engine.DocAccepted && len(w.authority.Received()) == 0 {
			rt.Fatalf("accepted, but nothing was sent: %v", err)
		}
		if _, err := e.Report(context.Background(), s.ID); err != nil {
			rt.Fatal(err)
		}
		if t.Failed() {
			rt.Fatal("see above")
		}
	})
}

// resume is a person who says go on whatever stands there.
func (w *world) resume(rt *rapid.T, id string) {
	row, err := w.log.Submission(context.Background(), id)
	if err != nil {
		rt.Fatal(err)
	}
	if row.Run == engine.RunParked || row.Run == engine.RunFailed {
		if err := w.engine().Resume(context.Background(), id, "ann", "go on"); err != nil {
			rt.Fatal(err)
		}
	}
}

// nest moves signing and sending into a used flow.
func nest(t testing.TB, p *engine.Package, repeat bool) {
	f := p.Flow("issue")
	inner := flow("attempt", engine.Part, step(f, "make"), step(f, "sign"), step(f, "send"))
	inner.Steps[0].After, inner.Steps[0].With = nil, enginetest.With(t, "in", "=input.number")
	inner.Gives = []string{"send"}
	inner.Outputs = enginetest.With(t, "signed", "=steps.sign.out", "protocol", "=steps.send.fields.protocol")
	use := &engine.FlowStep{ID: "issued", Use: "attempt", With: enginetest.With(t, "number", "=steps.number.out"), After: []string{"number"}}
	if repeat {
		use.Repeat = &engine.Repeat{Retry: engine.Retry{Attempts: 4}, Until: enginetest.Program(t, `class == "done" or class == "verdict"`)}
	}
	use.Handle = []engine.Handler{handle("unknown", engine.Deed{Use: "lookup", With: enginetest.With(t, "body", "=steps.issued.signed ?? bytes(\"\")")})}
	legal, last := step(f, "legal"), step(f, "last")
	legal.After, legal.With = []string{"issued"}, enginetest.With(t, "in", `=steps.issued.protocol ?? "none"`)
	last.With = enginetest.With(t, "in", `=steps.issued.class ?? "none"`)
	f.Steps = []*engine.FlowStep{f.Steps[0], use, legal, last}
	f.Fields = nil
	p.Flows = append(p.Flows, inner)
}
