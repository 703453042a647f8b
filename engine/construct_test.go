package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func outcomes(r *engine.Report) string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, s.ID+":"+s.Outcome)
	}
	return strings.Join(out, " ")
}

func TestSkippedStepIsAbsentAndStepsAfterItGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.pkg.Flows[0]
	f.Steps = []*engine.FlowStep{
		{ID: "a", Action: enginetest.Make, If: enginetest.Program(t, `document.nothing == "x"`), With: enginetest.With(t, "in", "one")},
		{ID: "b", Action: enginetest.Make, After: []string{"a"}, With: enginetest.With(t, "in", `=steps.a.class ?? "absent"`)},
	}
	f.Results = []engine.Result{{Name: "b", From: enginetest.Program(t, "steps.b.out")}}
	_, r := w.run("1")
	if got := outcomes(r); got != "a:skipped b:done" || r.Results[0].Size != len("<absent>") {
		t.Errorf("got %s, %+v", got, r.Results)
	}
}

func TestForEachGoesOnAfterABadMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := flow("part", engine.Part,
		&engine.FlowStep{ID: "bad", Action: enginetest.Fail, If: enginetest.Program(t, `input.x == "2"`)},
		&engine.FlowStep{ID: "make", Action: enginetest.Make, With: enginetest.With(t, "in", "=input.x")})
	part.Outputs = enginetest.With(t, "made", "=steps.make.out")
	f := w.pkg.Flows[0]
	f.Steps = []*engine.FlowStep{{ID: "all", Use: "part", With: enginetest.With(t, "x", "=item"),
		ForEach: &engine.ForEach{In: enginetest.Program(t, `["1", "2", "3"]`), As: "item"},
		Handle:  []engine.Handler{handle("failed", engine.Deed{Do: "continue"})}}}
	f.Results = []engine.Result{{Name: "each", From: enginetest.Program(t, "filter(map(steps.all.each, .made), # != nil)"), File: enginetest.Value(t, "{=index}.txt")}}
	w.pkg.Flows = append(w.pkg.Flows, part)
	a, r := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocGenerated)
	if len(r.Results) != 2 || r.Results[1].Name != "each-2" || r.Results[1].File != "1.txt" {
		t.Errorf("got %+v\n%s", r.Results, outcomes(r))
	}
}

// A look-up that may come too early: "missing" counts only the third time.
func TestRepeatKeepsTheLastClassWhenAttemptsRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Cut)
	ask := step(w.pkg.Flow("lookup"), "ask")
	ask.Repeat = &engine.Repeat{Retry: engine.Retry{First: enginetest.Value(t, `=duration("60s")`), Attempts: 3}, Until: enginetest.Program(t, `class not in ["pending", "missing"]`)}
	a, _ := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send", "ask", "ask", "ask", "send")
	w.never()
}

func TestRepeatRunsOutOfTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority.Default = enginetest.Later
	ask := step(w.pkg.Flow("lookup"), "ask")
	ask.Repeat = &engine.Repeat{Retry: engine.Retry{First: enginetest.Value(t, `=duration("10m")`), Max: enginetest.Value(t, `=duration("10m")`), Within: enginetest.Value(t, `=duration("1h")`)}}
	send := step(w.pkg.Flows[0], "send")
	send.Handle = append(send.Handle, handle("pending", engine.Deed{Use: "lookup", With: enginetest.With(t, "body", "=steps.sign.out")}))
	a, r := w.run("1")
	w.ends(a, engine.RunParked, engine.DocPending)
	if r.Sends != 1 || r.Lookups < 6 {
		t.Errorf("sends %d, lookups %d", r.Sends, r.Lookups)
	}
}

// The whole used flow runs again with fresh steps only when nothing stands.
func TestRepeatOnUseStartsAfresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Busy, enginetest.Reject, enginetest.Accept)
	nest(t, w.pkg, true)
	use := step(w.pkg.Flows[0], "issued")
	use.Repeat.Until = enginetest.Program(t, `class == "done"`)
	a, r := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send", "send", "send")
	if n := len(w.authority.Received()); n != 3 {
		t.Errorf("want three signatures, got %d", n)
	}
	if !strings.Contains(outcomes(r), "issued#3/send:done") {
		t.Errorf("got %s", outcomes(r))
	}
	statusesAreAllowed(t, w.log, "sub-1")
}

func TestRepeatOnUseIsRefusedWhileSomethingMayStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Lost)
	nest(t, w.pkg, true)
	use := step(w.pkg.Flows[0], "issued")
	use.Handle = nil
	step(w.pkg.Flow("attempt"), "send").Handle = nil
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocUnknown)
	if a.Rule != "RUN-FENCE" {
		t.Errorf("got %s: %s", a.Rule, a.Reason)
	}
	w.calls("send")
}

func TestUnknownOfAnInnerStepIsLookedUpByTheOuter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Cut)
	nest(t, w.pkg, false)
	step(w.pkg.Flow("attempt"), "send").Handle = nil // goes up
	a, r := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send", "ask", "ask", "send")
	w.never()
	if r.Sends != 2 {
		t.Errorf("sends %d", r.Sends)
	}
}

func TestUnknownCannotBecomeAnotherClassByMapping(t *testing.T) {
	t.Parallel()
	for _, to := range []engine.Class{engine.Transient, engine.Missing, engine.Done} {
		w := newWorld(t, enginetest.Lost)
		step(w.pkg.Flows[0], "send").Handle = []engine.Handler{handle("BROKEN", engine.Deed{Class: to})}
		a, _ := w.run("1")
		w.ends(a, engine.RunParked, engine.DocUnknown)
		if a.Rule != "RUN-FENCE" {
			t.Errorf("%s: %s", to, a.Rule)
		}
		w.calls("send")
	}
}

func TestResendSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Lost)
	step(w.pkg.Flows[0], "send").Handle = []engine.Handler{handle("unknown", engine.Deed{Do: "resend"}),
		handle("duplicate", engine.Deed{Use: "lookup", With: enginetest.With(t, "body", "=steps.sign.out")})}
	a, _ := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("send", "send", "ask")
	w.never()
}

// What the second attempt did not reach says nothing of the first.
func TestResendThatIsNotSentLeavesItUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append([]enginetest.Behaviour{enginetest.Lost}, slices.Repeat([]enginetest.Behaviour{enginetest.Refused}, 9)...)...)
	nest(t, w.pkg, true)
	step(w.pkg.Flow("attempt"), "send").Handle = []engine.Handler{handle("unknown", engine.Deed{Do: "resend"})}
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocUnknown)
	w.never()
	w.calls("send")
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		missed string
		run    engine.RunStatus
		doc    engine.DocStatus
		rule   string
	}{
		{"continue", engine.RunCompleted, engine.DocAccepted, ""},
		{"park", engine.RunParked, engine.DocSubmitted, "RUN-DEADLINE"},
		{"stop", engine.RunCompleted, engine.DocSubmitted, "RUN-EXPIRED"},
	} {
		w := newWorld(t, enginetest.Much, enginetest.Much)
		w.pkg.Flows[0].Deadline = []engine.Deadline{{Name: "soon", At: enginetest.Program(t, `addTime(context.accepted, "90m")`), Met: "send", Missed: c.missed}}
		a, r := w.run("1")
		w.ends(a, c.run, c.doc)
		if a.Rule != c.rule || len(r.Deadlines) != 1 || r.Deadlines[0].State != "missed" && c.missed != "continue" {
			t.Errorf("%s: rule %q %+v", c.missed, a.Rule, r.Deadlines)
		}
		if c.missed == "stop" && !strings.HasSuffix(outcomes(r), "last:done") {
			t.Errorf("the end was not run: %s", outcomes(r))
		}
		statusesAreAllowed(t, w.log, "sub-1")
	}
}

func TestDeadlineThatWouldStopIsParkedWhileTheDocumentIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append([]enginetest.Behaviour{enginetest.Lost}, slices.Repeat([]enginetest.Behaviour{enginetest.Busy}, 60)...)...)
	w.pkg.Flows[0].Deadline = []engine.Deadline{{Name: "soon", At: enginetest.Program(t, `addTime(context.accepted, "1s")`), Met: "send", Missed: "stop"}}
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocUnknown)
	if a.Rule != "RUN-DEADLINE" {
		t.Errorf("got %s", a.Rule)
	}
}

func TestDryRunStopsAtTheFirstCallAndKeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	r, err := e.DryRun(context.Background(), request(t, "1"), nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if r.Next == nil || r.Next.Effect != "sends" || r.Next.URL != "https://authority.test/send" || r.Sends != 0 || !r.Preview || r.Status.Document != engine.DocSigned {
		t.Errorf("got %+v", r)
	}
	w.calls()
	if rows, err := w.log.Find(context.Background(), engine.Query{}); err != nil || len(rows) != 0 {
		t.Errorf("kept %v %v", rows, err)
	}
	if n, _ := w.log.Get(context.Background(), engine.BucketCounter, "test\x1fxx/test\x1fnumber\x1facme"); n != nil {
		t.Errorf("drew %s", n)
	}
	// With an authority in the process it goes on to the end.
	r, err = e.DryRun(context.Background(), request(t, "1"), w.authority, time.Hour)
	if err != nil || r.Status.Document != engine.DocAccepted || r.Sends != 1 || len(r.Results) != 1 {
		t.Errorf("got %+v %v", r, err)
	}
}

func TestEnvironmentsAreNeverMixed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pkg.Tables = map[string]*engine.Table{"endpoints": {Name: "endpoints", Key: []string{"service"}, Columns: map[string]formula.Type{"url": formula.String}, Rows: []engine.Row{
		{Keys: []string{"send"}, Values: map[string]any{"url": "https://live.authority.test/send"}, Environment: "production"},
		{Keys: []string{"send"}, Values: map[string]any{"url": "https://authority.test/send"}, Environment: "test"}}}}
	step(w.pkg.Flows[0], "send").With = enginetest.With(t, "url", "https://live.authority.test/send", "body", "=steps.sign.out")
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSigned)
	if !strings.Contains(a.Reason, "environment") {
		t.Errorf("got %s: %s", a.Rule, a.Reason)
	}
	w.calls()
	w.clock.Advance(time.Hour)
	step(w.pkg.Flows[0], "send").With = enginetest.With(t, "url", `=table("endpoints", "send").url`, "body", "=steps.sign.out")
	a, _ = w.run("2")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
}

func TestSecretsStandNowhereInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Lost)
	w.keys = &fakeKeys{secrets: map[string]string{"acme/token": "canary-7261"}}
	w.pkg.Parameters = []engine.Parameter{{Name: "token", Type: formula.SecretType, Required: true}}
	w.entities[0].Parameters = map[string]map[string]engine.Expr{"xx/test": {"token": enginetest.Value(t, `=secret("acme/token")`)}}
	send := step(w.pkg.Flows[0], "send")
	send.With = append(send.With, enginetest.With(t, "secret", "=param.token")...)
	var seen string
	w.authority.Before = func(c *engine.Call) {
		if len(c.Header) > 0 {
			seen = c.Header[0].Value[1].Secret.Reveal()
		}
	}
	a, r := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	if seen != "canary-7261" || r.Calls[0].Headers[0][1] != "Bearer {secret:acme/token}" {
		t.Errorf("sent %q, reported %v", seen, r.Calls[0].Headers)
	}
	entries, _ := w.log.Journal(context.Background(), "sub-1")
	for _, en := range entries {
		if strings.Contains(string(en.Data), "canary") || strings.Contains(string(en.Data), "Y2FuYXJ5") {
			t.Errorf("%s %s holds the secret: %s", en.Kind, en.Path, en.Data)
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", r), "canary") {
		t.Error("the report holds the secret")
	}
}

func TestMissingParameterParksBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pkg.Parameters = []engine.Parameter{{Name: "series", Type: formula.Integer, Required: true}}
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocNone)
	if a.Rule != "RUN-PARAMETER" {
		t.Errorf("got %s", a.Rule)
	}
	w.entities[0].Parameters = map[string]map[string]engine.Expr{"xx/test": {"series": enginetest.Value(t, "2")}}
	e := w.engine()
	if err := e.Resume(context.Background(), "sub-1", "ann", "set"); err != nil {
		t.Fatal(err)
	}
	a, _ = w.follow(e, "sub-1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
}

// A pure step that gives other bytes for the same input is found before
// anything else is sent.
func TestDriftIsFoundBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Much)
	n := 0
	drift := *enginetest.Make
	drift.Run = func(ctx context.Context, s *engine.Step) (engine.Outputs, error) {
		n++
		return engine.Outputs{"out": fmt.Appendf(nil, "<%d>", n)}, nil
	}
	step(w.pkg.Flows[0], "make").Action = &drift
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSubmitted)
	if a.Rule != "RUN-REPLAY-DRIFT" || !strings.Contains(a.Reason, "make") {
		t.Errorf("got %s: %s", a.Rule, a.Reason)
	}
	w.calls("send")
}

func TestEventSpeaksOfItsOriginal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cancel := flow("cancel", engine.Event,
		&engine.FlowStep{ID: "make", Action: enginetest.Make, With: enginetest.With(t, "in", `=original.fields.protocol + " " + original.status + " " + text(original.results.legal)`)},
		&engine.FlowStep{ID: "send", Action: enginetest.Send, With: enginetest.With(t, "url", "https://authority.test/send", "body", "=steps.make.out"), Answer: &engine.AnswerRef{Answers: enginetest.SendAnswers(t)}},
		&engine.FlowStep{ID: "mark", Action: enginetest.Mark, With: enginetest.With(t, "of", "original", "to", "canceled")})
	cancel.About = &engine.About{Flow: "issue", Status: []engine.DocStatus{engine.DocAccepted}}
	cancel.Applies = &engine.Clause{Op: "is", Field: enginetest.Program(t, "document.type"), Path: "document.type", Values: []any{"cancellation"}}
	w.pkg.Flows[0].Applies = &engine.Clause{Op: "is", Field: enginetest.Program(t, "document.type"), Path: "document.type", Values: []any{"invoice"}}
	w.pkg.Flows = append(w.pkg.Flows, cancel)
	w.run("1")
	e := w.engine()
	req := &engine.Request{ID: "c", Document: []byte(`{"type": "cancellation", "id": "c-1", "issued": "2026-11-23T12:00:00-03:00", "original": "1", "reason": "withdrawn"}`), Entity: "acme", Environment: engine.Test}
	s, err := e.Submit(context.Background(), req)
	if err != nil || s.Flow != "cancel" || s.Original != "sub-1" {
		t.Fatalf("got %+v %v", s, err)
	}
	a, _ := w.follow(e, "c")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	row, _ := w.log.Submission(context.Background(), "sub-1")
	if row.Status != engine.DocCanceled {
		t.Errorf("original is %s", row.Status)
	}
	for body := range w.authority.Received() {
		if strings.HasPrefix(body, "<p-1") && !strings.HasPrefix(body, "<p-1 accepted <") {
			t.Errorf("made %q", body)
		}
	}
	// What is canceled cannot be canceled again.
	req.ID = "d"
	if _, err := e.Submit(context.Background(), req); err == nil || !strings.Contains(err.Error(), "SEL-NO-FLOW") {
		t.Errorf("got %v", err)
	}
}

func TestRaisesEnterAModeWhenTheProbeAgreesAndItIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	probe := func(name string) *engine.Flow {
		f := flow(name, engine.Probe, &engine.FlowStep{ID: "ask", Action: enginetest.Ask, With: enginetest.With(t, "url", `=table("addresses", "`+name+`").url`)})
		f.Gives = []string{"ask"}
		return f
	}
	w.pkg.Flows = append(w.pkg.Flows, probe("standby"), probe("normal"))
	w.pkg.Date = enginetest.Program(t, "document.issued")
	w.pkg.Tables = map[string]*engine.Table{"addresses": {Name: "addresses", Key: []string{"name"}}} // dated: a probe goes by the day it is made
	for _, name := range []string{"standby", "normal"} {
		w.pkg.Tables["addresses"].Rows = append(w.pkg.Tables["addresses"].Rows, engine.Row{Keys: []string{name}, From: civil.Date{Year: 2000, Month: 1, Day: 1},
			Values: map[string]any{"url": "https://authority.test/" + name}})
	}
	w.pkg.State = append(w.pkg.State, engine.State{Name: "service", Kind: "mode", Values: []string{"normal", "standby"}, Start: "normal",
		Enter: map[string]*engine.ModeEnter{"standby": {Raised: "down", Count: 2, In: formula.Literal(10*time.Minute, diag.Pos{}), Probe: "standby", By: []string{"engine", "operator"}}},
		Leave: &engine.ModeLeave{Every: formula.Literal(5*time.Minute, diag.Pos{}), Probe: "normal", By: []string{"engine"}}})
	nest(t, w.pkg, true)
	inner := w.pkg.Flow("attempt")
	step(inner, "send").Answer.Answers.Codes["CONNECT"] = []*engine.Answer{{Class: engine.Transient, Raise: "down"}}
	step(inner, "make").With = enginetest.With(t, "in", `=state.service.value`)
	step(w.pkg.Flows[0], "issued").Repeat.Attempts = 0
	w.authority.Script = []enginetest.Behaviour{enginetest.Refused, enginetest.Refused, enginetest.Accept, enginetest.Accept, enginetest.Cut, enginetest.Accept}
	a, _ := w.run("1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.calls("standby", "send")
	for body := range w.authority.Received() {
		if !strings.HasPrefix(body, "<standby>") {
			t.Errorf("sent %q", body)
		}
	}
	e := w.engine()
	left := 0
	for range 3 {
		n, err := e.Tend(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		left += n
		w.clock.Advance(5 * time.Minute)
	}
	w.calls("standby", "send", "normal", "normal") // the first probe was cut, the second left the mode
	log, _ := w.log.Pairs(context.Background(), engine.BucketModeLog, "")
	if left != 1 || len(log) != 2 {
		t.Errorf("left %d times, %d changes logged", left, len(log))
	}
	object := "test\x1fxx/test\x1fservice"
	if err := e.SetMode(context.Background(), object, "standby", "ann", ""); err == nil {
		t.Error("set without a reason")
	}
	if err := e.SetMode(context.Background(), object, "standby", "ann", "drill"); err != nil {
		t.Error(err)
	}
}
