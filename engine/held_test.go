package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// gateway gives tokens and takes documents of who shows the newest one.
type gateway struct {
	clock  engine.Clock
	mu     sync.Mutex
	calls  []string
	logins int
	dead   bool // it will not take the present token any more
	down   int  // how many log-ins fail
}

const canary = "canary-7f3a"

func (g *gateway) Do(_ context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	if err := gate(); err != nil {
		return &engine.Response{Code: engine.CodeConnect, Received: g.clock.Now()}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	kind := c.URL[strings.LastIndexByte(c.URL, '/')+1:]
	shown := ""
	for _, h := range c.Header {
		for _, p := range h.Value {
			if p.Secret != nil {
				shown = p.Secret.Reveal()
			}
		}
	}
	say := func(fields map[string]string) *engine.Response {
		body, _ := json.Marshal(fields)
		return &engine.Response{Status: 200, Body: body, Received: g.clock.Now()}
	}
	switch kind {
	case "login", "refresh", "logout":
		g.calls = append(g.calls, kind)
		if g.down > 0 {
			g.down--
			return say(map[string]string{"code": "108"})
		}
		if kind == "refresh" && g.dead {
			return say(map[string]string{"code": "401"})
		}
		if kind != "logout" {
			g.logins++
			g.dead = false
		}
		return say(map[string]string{"code": "100", "token": fmt.Sprintf("%s-%d", canary, g.logins)})
	}
	g.calls = append(g.calls, kind+" "+strings.TrimPrefix(shown, canary))
	if shown != fmt.Sprintf("%s-%d", canary, g.logins) || g.dead {
		return say(map[string]string{"code": "401"})
	}
	return say(map[string]string{"code": "100", "protocol": "p-1"})
}

// tokens is a world whose send shows a held token.
func tokens(t testing.TB) (*world, *gateway) {
	w := newWorld(t)
	w.authority = nil
	g := &gateway{clock: w.clock}
	asks := func(name, url string) *engine.Flow {
		f := flow(name, engine.Part, &engine.FlowStep{ID: "call", Action: enginetest.Ask, With: enginetest.With(t, "url", "https://gate.test/"+url, "body", "x"),
			Answer: &engine.AnswerRef{Answers: enginetest.SendAnswers(t)}})
		f.Gives = []string{"call"}
		f.Outputs = []engine.Let{{Name: "value", Value: formula.Formula(secretOf(t))}, {Name: "at", Value: enginetest.Value(t, "=steps.call.at")}}
		return f
	}
	w.pkg.Flows = append(w.pkg.Flows, asks("log-in", "login"))
	w.pkg.State = append(w.pkg.State, engine.State{Name: "token", Kind: "held", Per: []*formula.Program{enginetest.Program(t, "entity")},
		Make: "log-in", Until: untilOf(t)})
	send := step(w.pkg.Flows[0], "send")
	send.With = enginetest.With(t, "url", "https://gate.test/send", "body", "=steps.sign.out", "secret", "=state.token.value")
	send.Held = []string{"token"}
	w.transport = g
	box, err := keys.NewBox(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.sealer = box
	return w, g
}

func secretOf(t testing.TB) *formula.Program {
	return enginetest.Program(t, `secret(at(steps.call.out, "token"))`)
}

func untilOf(t testing.TB) *formula.Program {
	p, list := formula.Compile(`addTime(made.at, "110m")`, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"made": formula.Any}})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (g *gateway) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(g.calls, want) {
		t.Errorf("calls %v, want %v", g.calls, want)
	}
}

// One log-in serves many documents, until the token's time is over.
func TestHeldObjectIsMadeOnceAndUsedByAll(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	for _, id := range []string{"1", "2"} {
		a, _ := w.run(id)
		w.ends(a, engine.RunCompleted, engine.DocAccepted)
	}
	g.expect(t, "login", "send -1", "send -1")
	w.clock.Advance(2 * time.Hour)
	a, _ := w.run("3")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	g.expect(t, "login", "send -1", "send -1", "login", "send -2")
}

func TestHeldObjectHasUsesAndIdleTime(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	w.pkg.State[1].Uses = 2
	for _, id := range []string{"1", "2", "3"} {
		w.run(id)
	}
	g.expect(t, "login", "send -1", "send -1", "login", "send -2")
	w, g = tokens(t)
	w.pkg.State[1].Idle = enginetest.Value(t, `=duration("10m")`)
	w.run("1")
	w.clock.Advance(9 * time.Minute)
	w.run("2")
	w.clock.Advance(9 * time.Minute)
	w.run("3")
	w.clock.Advance(11 * time.Minute)
	w.run("4")
	g.expect(t, "login", "send -1", "send -1", "send -1", "login", "send -2")
}

// The other side takes the token no more: a new one, and the flow once again.
func TestRenewBeginsTheFlowAgain(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	w.run("1")
	g.dead = true
	step(w.pkg.Flows[0], "send").Handle = []engine.Handler{handle("precondition", engine.Deed{Renew: []string{"token"}}), handle("unknown", engine.Deed{Do: "park"})}
	a, r := w.run("2")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	g.expect(t, "login", "send -1", "send -1", "login", "send -2")
	if got := outcomes(r); !strings.Contains(got, "again/send:done") {
		t.Errorf("steps %s", got)
	}
}

// It begins again once: a second refusal is what it is.
func TestRenewIsNotEndless(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	step(w.pkg.Flows[0], "send").Handle = []engine.Handler{handle("precondition", engine.Deed{Renew: []string{"token"}}), handle("unknown", engine.Deed{Do: "park"})}
	w.pkg.Flow("log-in").Outputs[0].Value = enginetest.Value(t, `=secret("wrong")`)
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSubmitted)
	g.expect(t, "login", "send wrong", "login", "send wrong")
}

// A flow of which something may stand with the authority never begins again.
func TestRenewIsRefusedBehindTheFence(t *testing.T) {
	t.Parallel()
	w, _ := tokens(t)
	f := w.pkg.Flows[0]
	again := *step(f, "send")
	again.ID, again.After = "more", []string{"send"}
	again.With = enginetest.With(t, "url", "https://gate.test/send", "body", "=steps.sign.out", "secret", `=secret("wrong")`)
	again.Handle = []engine.Handler{handle("precondition", engine.Deed{Renew: []string{"token"}})}
	f.Steps = append(f.Steps[:len(f.Steps)-1], &again)
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocAccepted)
	if a.Rule != "RUN-FENCE" {
		t.Errorf("%+v", a)
	}
}

// Renewing with what is there comes first; making a new one is the way out.
// What ends with it is ended before.
func TestRenewAndEndFlows(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	for name, url := range map[string]string{"refresh": "refresh", "log-out": "logout"} {
		f := *w.pkg.Flow("log-in")
		call := *f.Steps[0]
		call.With = enginetest.With(t, "url", "https://gate.test/"+url, "body", "x", "secret", "=input.held.value")
		f.Name, f.Steps, f.Inputs = name, []*engine.FlowStep{&call}, []engine.Input{{Name: "held", Type: formula.Any}}
		w.pkg.Flows = append(w.pkg.Flows, &f)
	}
	w.pkg.State[1].Renew, w.pkg.State[1].End = "refresh", "log-out"
	w.run("1")
	w.clock.Advance(2 * time.Hour)
	w.run("2")
	w.clock.Advance(2 * time.Hour)
	g.dead = true
	a, _ := w.run("3")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	g.expect(t, "login", "send -1", "logout", "refresh", "send -2", "logout", "refresh", "login", "send -3")
}

// A log-in that fails is tried again like a call of the step that needs it.
func TestMakingIsTriedAgain(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	g.down = 2
	a, _ := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	g.expect(t, "login", "login", "login", "send -1")
}

// However many runs ask at once, one makes it and the others wait for it.
func TestOneRunMakesAndTheOthersWait(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	w.pkg.Flow("log-in").Steps[0].Retry = &engine.Retry{First: enginetest.Value(t, `=duration("1m")`), Attempts: 5}
	g.down = 1
	e := w.engine()
	for _, id := range []string{"1", "2", "3"} {
		if _, err := e.Submit(t.Context(), request(t, id)); err != nil {
			t.Fatal(err)
		}
		if a, err := e.Advance(t.Context(), "sub-"+id); err != nil || a.Run != engine.RunWaiting {
			t.Fatalf("%s: %+v, %v", id, a, err)
		}
	}
	g.expect(t, "login")
	for _, id := range []string{"2", "3", "1"} {
		a, _ := w.follow(e, "sub-"+id)
		if id == "1" {
			w.ends(a, engine.RunCompleted, engine.DocAccepted)
		}
	}
	for _, id := range []string{"2", "3"} {
		a, _ := w.follow(e, "sub-"+id)
		w.ends(a, engine.RunCompleted, engine.DocAccepted)
	}
	if n := len(g.calls); n != 5 || g.logins != 1 {
		t.Errorf("calls %v", g.calls)
	}
}

// A process that dies at any write leaves no second log-in behind for one that
// is known, nothing sent twice, and no token in the open.
func TestHeldObjectsSurviveCrashes(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for at := 1; at < 40; at++ {
			w, g := tokens(t)
			step(w.pkg.Flows[0], "send").Handle = []engine.Handler{handle("unknown", engine.Deed{Do: "park"}), handle("precondition", engine.Deed{Renew: []string{"token"}})}
			crash := &enginetest.Crash{Log: w.log, At: at, After: after}
			e := w.engineOn(crash)
			if _, err := e.Submit(t.Context(), request(t, "1")); err != nil {
				t.Fatal(err)
			}
			_, _ = e.Advance(t.Context(), "sub-1")
			w.clock.Advance(time.Hour)
			a, _ := w.follow(w.engine(), "sub-1")
			if a.Run != engine.RunCompleted && !(a.Run == engine.RunParked && a.Status == engine.DocUnknown) {
				t.Errorf("crash at %d, %v: %+v", at, after, a)
			}
			sends := 0
			for _, c := range g.calls {
				if strings.HasPrefix(c, "send") {
					sends++
				}
			}
			if sends > 1 {
				t.Errorf("crash at %d: calls %v", at, g.calls)
			}
			noCanary(t, w.log)
			if crash.Writes() < at {
				break
			}
		}
	}
}

// noCanary looks for the token in everything the log has.
func noCanary(t *testing.T, log engine.Log) {
	t.Helper()
	entries, err := log.Journal(t.Context(), "sub-1")
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string, data []byte) {
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("the token stands in the open in %s", what)
		}
	}
	for _, en := range entries {
		look(en.Path+" "+string(en.Kind), en.Data)
		for _, name := range en.Blobs {
			data, err := log.Blob(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			look("bytes of "+en.Path, data)
		}
	}
	for _, bucket := range []string{engine.BucketHeld, engine.BucketMaking} {
		all, err := log.Pairs(t.Context(), bucket, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			look(bucket, p.Value)
		}
	}
}

// What another key has sealed is as good as lost: a new one is made. A run that
// has it already is parked.
func TestHeldObjectOfAnotherKeyIsMadeAgain(t *testing.T) {
	t.Parallel()
	w, g := tokens(t)
	w.run("1")
	other, err := keys.NewBox(bytes.Repeat([]byte{4}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.sealer = other
	a, _ := w.run("2")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	g.expect(t, "login", "send -1", "login", "send -2")
}

func TestHeldObjectIsInNoReport(t *testing.T) {
	t.Parallel()
	w, _ := tokens(t)
	_, r := w.run("1")
	text, err := json.Marshal(r)
	if err != nil || bytes.Contains(text, []byte(canary)) {
		t.Errorf("%v\n%s", err, text)
	}
	shown := ""
	for _, c := range r.Calls {
		shown += string(c.Body) + string(c.Answer) + fmt.Sprint(c.Headers)
	}
	for _, s := range r.Steps {
		for _, o := range s.Outputs {
			shown += string(o.Data)
		}
	}
	if strings.Contains(shown, canary) || !strings.Contains(shown, "{secret:=token.value}") {
		t.Errorf("%s", shown)
	}
}
