package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

// Every way a call can go, and where it must end.
func TestOutcomesEndWhereTheFenceSays(t *testing.T) {
	t.Parallel()
	const (
		send = "send"
		ask  = "ask"
	)
	for _, c := range []struct {
		name   string
		script []enginetest.Behaviour
		run    engine.RunStatus
		doc    engine.DocStatus
		calls  []string
		by     string
	}{
		{"accepted", nil, engine.RunCompleted, engine.DocAccepted, []string{send}, ""},
		{"rejected", []enginetest.Behaviour{enginetest.Reject}, engine.RunCompleted, engine.DocRejected, []string{send}, ""},
		{"answer lost, found", []enginetest.Behaviour{enginetest.Lost}, engine.RunCompleted, engine.DocAccepted, []string{send, ask}, "lookup"},
		{"timed out, found", []enginetest.Behaviour{enginetest.TimedOut}, engine.RunCompleted, engine.DocAccepted, []string{send, ask}, "lookup"},
		{"unreadable, found", []enginetest.Behaviour{enginetest.Nonsense}, engine.RunCompleted, engine.DocAccepted, []string{send, ask}, "lookup"},
		{"no known code, found", []enginetest.Behaviour{enginetest.Lost}, engine.RunCompleted, engine.DocAccepted, []string{send, ask}, "lookup"},
		{"cut before it was read: missing counts only after notAfter, then the same bytes", []enginetest.Behaviour{enginetest.Cut}, engine.RunCompleted, engine.DocAccepted, []string{send, ask, ask, send}, ""},
		{"outage, missing, again", []enginetest.Behaviour{enginetest.Outage}, engine.RunCompleted, engine.DocAccepted, []string{send, ask, ask, send}, ""},
		{"never connected, then taken", []enginetest.Behaviour{enginetest.Refused, enginetest.Refused}, engine.RunCompleted, engine.DocAccepted, []string{send}, ""},
		{"busy, then taken", []enginetest.Behaviour{enginetest.Busy}, engine.RunCompleted, engine.DocAccepted, []string{send, send}, ""},
		{"quota is no attempt", []enginetest.Behaviour{enginetest.Much, enginetest.Much, enginetest.Much, enginetest.Much, enginetest.Much, enginetest.Much, enginetest.Accept}, engine.RunCompleted, engine.DocAccepted, slices.Repeat([]string{send}, 7), ""},
		{"never connected at all", slices.Repeat([]enginetest.Behaviour{enginetest.Refused}, 9), engine.RunParked, engine.DocSigned, nil, ""},
		{"wrong set-up", []enginetest.Behaviour{enginetest.Denied}, engine.RunParked, engine.DocSubmitted, []string{send}, ""},
		{"pending without repeat", []enginetest.Behaviour{enginetest.Later}, engine.RunParked, engine.DocPending, []string{send}, ""},
		{"lost, look-up down, then found", []enginetest.Behaviour{enginetest.Lost, enginetest.Refused, enginetest.Cut, enginetest.Busy, enginetest.Accept}, engine.RunCompleted, engine.DocAccepted, nil, "lookup"},
		{"lost, look-up says refused", []enginetest.Behaviour{enginetest.Lost, enginetest.Reject}, engine.RunCompleted, engine.DocRejected, []string{send, ask}, "lookup"},
		{"lost and never found out", append([]enginetest.Behaviour{enginetest.Lost}, slices.Repeat([]enginetest.Behaviour{enginetest.Busy}, 60)...), engine.RunParked, engine.DocUnknown, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.script...)
			a, r := w.run("1")
			w.ends(a, c.run, c.doc)
			if c.calls != nil {
				w.calls(c.calls...)
			}
			if r.RecoveredBy != c.by {
				t.Errorf("want recovered by %q, got %q", c.by, r.RecoveredBy)
			}
			w.never()
		})
	}
}

// A document that the authority already has is asked for, never sent as new.
func TestMissingIsCountedOnlyAfterTheTimeToWriteIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Cut)
	e := w.engine()
	s, err := e.Submit(context.Background(), request(t, "1"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.Advance(context.Background(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.ends(a, engine.RunWaiting, engine.DocUnknown)
	if want := noon.Add(35 * time.Second); !a.Until.Equal(want) {
		t.Errorf("want to wait for %v (30 s to write and 5 s of skew), got %v", want, a.Until)
	}
	w.calls("send", "ask")
	if a, err = e.Advance(context.Background(), s.ID); err != nil || a.Run != engine.RunWaiting {
		t.Errorf("advanced before its time: %+v %v", a, err)
	}
	w.calls("send", "ask")
}

func TestTheSameBytesGoAtMostThreeTimesMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority.Default = enginetest.Cut
	// Look-ups answer that it is missing; every send is cut.
	w.authority.Before = func(c *engine.Call) {
		w.authority.Default = enginetest.Accept
		if strings.HasSuffix(c.URL, "send") {
			w.authority.Default = enginetest.Cut
		}
	}
	a, r := w.run("1")
	w.ends(a, engine.RunParked, engine.DocSigned)
	if a.Rule != "RUN-RESEND" {
		t.Errorf("parked by %s: %s", a.Rule, a.Reason)
	}
	if r.Sends != 4 {
		t.Errorf("want the first and three more, got %d", r.Sends)
	}
	w.never()
}

func TestReportTellsWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Lost)
	_, r := w.run("1")
	if r.Sends != 1 || r.Lookups != 1 || r.RecoveredBy != "lookup" || len(r.Calls) != 2 || r.Calls[1].Step != "send~1/ask#1" {
		t.Errorf("sends %d, lookups %d by %q: %+v", r.Sends, r.Lookups, r.RecoveredBy, r.Calls)
	}
	if len(r.Results) != 1 || r.Results[0].File != "1.xml" || !r.Results[0].Legal || r.Results[0].Size == 0 {
		t.Errorf("results: %+v", r.Results)
	}
	if p := r.Fields["protocol"]; p != "p-1" {
		t.Errorf("fields: %v", r.Fields)
	}
	got := ""
	for _, s := range r.Steps {
		got += s.ID + ":" + s.Outcome + " "
	}
	if want := "number:done make:done sign:done send:done send~1/ask:done legal:done last:done "; got != want {
		t.Errorf("want %s\n got %s", want, got)
	}
}

func TestVerdictStopsWhatNeedsItAndRunsTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Reject)
	_, r := w.run("1")
	got := map[string]string{}
	for _, s := range r.Steps {
		got[s.ID] = s.Outcome
	}
	if got["legal"] != "not run" || got["last"] != "done" || got["send"] != "verdict" {
		t.Errorf("got %v", got)
	}
	if r.Hint[""] != "correct the tax number" || r.Field != "buyer.taxId" || r.Calls[0].Code != "301" {
		t.Errorf("hint %v, field %q", r.Hint, r.Field)
	}
}

func TestFailedStepFailsTheRunAndItsNumberIsVoid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.pkg.Flows[0]
	bad := &engine.FlowStep{ID: "bad", Action: enginetest.Fail, After: []string{"make"}}
	f.Steps = slices.Insert(f.Steps, 2, bad)
	step(f, "sign").After = []string{"bad"}
	a, r := w.run("1")
	w.ends(a, engine.RunFailed, engine.DocGenerated)
	w.calls()
	if a.Rule != "DOC-TEST" || len(r.Findings) != 1 {
		t.Errorf("got %+v and %v", a, r.Findings)
	}
	void, err := w.log.Pairs(context.Background(), engine.BucketVoid, "")
	if err != nil || len(void) != 1 || !strings.Contains(string(void[0].Value), `"number":1`) {
		t.Errorf("void numbers: %v %v", void, err)
	}
	// The same document gets the same number, which is void no more.
	f.Steps = slices.Delete(f.Steps, 2, 3)
	step(f, "sign").After = []string{"make"}
	e := w.engine()
	req := request(t, "1")
	req.ID, req.Previous = "second", "sub-1"
	if _, err := e.Submit(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	a, r = w.follow(e, "second")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	if n := fmt.Sprint(r.Fields["number"]); n != "1" {
		t.Errorf("want the number 1 again, got %s", n)
	}
	if void, _ = w.log.Pairs(context.Background(), engine.BucketVoid, ""); len(void) != 0 {
		t.Errorf("still void: %v", void)
	}
}

func TestPersonsWordResumesWithoutSendingWhatMayStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append([]enginetest.Behaviour{enginetest.Lost}, slices.Repeat([]enginetest.Behaviour{enginetest.Busy}, 25)...)...)
	a, _ := w.run("1")
	w.ends(a, engine.RunParked, engine.DocUnknown)
	w.authority.Script = nil
	e := w.engine()
	if err := e.Cancel(context.Background(), "sub-1", "ann", "no longer wanted"); err == nil {
		t.Error("a document that may be with the authority was canceled")
	}
	if err := e.Resume(context.Background(), "sub-1", "ann", ""); err == nil {
		t.Error("resumed without a reason")
	}
	if err := e.Resume(context.Background(), "sub-1", "ann", "they are back"); err != nil {
		t.Fatal(err)
	}
	a, r := w.follow(e, "sub-1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	if r.Sends != 1 {
		t.Errorf("sent %d times", r.Sends)
	}
	w.never()
}

func TestResumeAfterWrongSetUpSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enginetest.Denied)
	w.run("1")
	e := w.engine()
	if err := e.Resume(context.Background(), "sub-1", "ann", "certificate renewed"); err != nil {
		t.Fatal(err)
	}
	a, r := w.follow(e, "sub-1")
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	if r.Sends != 2 {
		t.Errorf("sent %d times", r.Sends)
	}
	w.never()
}

// Whoever lost the lease writes nothing, not even the first byte.
func TestLostLeaseClosesTheGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	s, err := e.Submit(context.Background(), request(t, "1"))
	if err != nil {
		t.Fatal(err)
	}
	taken := false
	w.authority.Before = func(c *engine.Call) {
		if taken {
			return
		}
		taken = true // another process takes over after the intent was logged
		other := newWorld(t)
		other.log, other.clock, other.authority.Clock = w.log, w.clock, w.clock
		other.authority = w.authority
		w.authority.Before = nil
		oe := other.engine()
		if _, err := oe.Run(context.Background(), []string{s.ID}, 1, time.Hour); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Advance(context.Background(), s.ID); !errors.Is(err, engine.ErrLostLease) {
		t.Errorf("want ErrLostLease, got %v", err)
	}
	a, _ := w.follow(e, s.ID)
	w.ends(a, engine.RunCompleted, engine.DocAccepted)
	w.never()
	if n := w.authority.Received(); len(n) != 1 {
		t.Errorf("received %v", n)
	}
}

func TestSubmittingAgainReturnsWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("1")
	e := w.engine()
	s, err := e.Submit(context.Background(), request(t, "1"))
	if err != nil || s.Run != engine.RunCompleted {
		t.Errorf("got %+v %v", s, err)
	}
	other := request(t, "2")
	other.ID = "sub-1"
	if _, err := e.Submit(context.Background(), other); err == nil || !strings.Contains(err.Error(), "RUN-ID-TAKEN") {
		t.Errorf("got %v", err)
	}
	w.calls("send")
}
