package channels_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/service/channels"
)

// The package waits for a receipt, an hour more, and says what the receipt said.
var receipts = fstest.MapFS{
	"package.yaml": {Data: []byte("package: xx/post\nversion: 1.0.0\nengine: \">=0.1 <1\"\ndocuments: [invoice/1]\ndate: document.issued\n")},
	"flows/send.yaml": {Data: []byte("flow: send\nkind: outbound\nsteps:\n" +
		"  - id: receipt\n    wait: {event: receipt, key: =document.number, or: =document.id, within: 2d}\n" +
		"    answer: {code: '=at(\"//Code\")', text: '=at(\"//Text\")', codes: {OK: {class: done}, BAD: {class: verdict, hint: ask}}}\n    handle: {expired: stop, verdict: stop}\n" +
		"  - {id: rest, needs: [receipt], wait: {for: 1h}}\n" +
		"  - {id: then, wait: {until: '=addTime(steps.rest.at, \"30m\")'}}\n" +
		"  - {id: mark, needs: [then], action: document.status, with: {to: generated}}\n" +
		"fields: {said: =steps.receipt.text}\nresults: [{name: receipt, from: =steps.receipt.out, file: \"{=steps.receipt.item.name}\"}]\n")},
	"channels/in.yaml": {Data: []byte("channel: in\nkind: folder\nkeep: 3d\nitem: {identify: '=at(\"//Id\")'}\n" +
		"routes: [{when: 'has(\"//About\")', event: {name: receipt, key: '=at(\"//About\")'}}]\n")},
}

func mailbox(t *testing.T) (channels.Channel, *fragile, *engine.Virtual) {
	t.Helper()
	p, problems := load.Load(receipts, actions.Registry(), nil)
	if p == nil || problems.Grave() {
		t.Fatal(problems)
	}
	cat, list := engine.NewCatalog([]*engine.Package{p}, []*engine.Deployment{{Name: "d", Environment: engine.Test, Use: []engine.Use{{Package: p.ID, Entities: []string{"acme"}}}}},
		[]*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "country": "XX"}}})
	if list.Grave() {
		t.Fatal(list)
	}
	log := &fragile{Log: engine.NewMemory(nil)}
	clock := engine.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	e, err := engine.New(cat, engine.Hands{Clock: clock, Log: log, Random: enginetest.Random(1)}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return channels.Channel{Engine: e, Package: p, Channel: p.Channel("in"), Environment: engine.Test}, log, clock
}

func hand(t *testing.T, c channels.Channel, id string) string {
	t.Helper()
	s, err := c.Engine.Submit(t.Context(), &engine.Request{ID: "sub-" + id, Document: enginetest.Document(t, id), Entity: "acme", Environment: engine.Test})
	if err != nil {
		t.Fatal(err)
	}
	return s.ID
}

func bring(t *testing.T, c channels.Channel, id, about, code string) *engine.Item {
	t.Helper()
	i, err := c.Engine.Take(t.Context(), c.Package, c.Channel, c.Environment, engine.Incoming{Name: id + ".xml",
		Bytes: []byte("<R><Id>" + id + "</Id><About>" + about + "</About><Code>" + code + "</Code><Text>said " + code + "</Text></R>")})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func due(t *testing.T, c channels.Channel) {
	t.Helper()
	ids, err := c.Engine.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := c.Engine.Advance(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func stands(t *testing.T, c channels.Channel, id string, run engine.RunStatus, doc engine.DocStatus) *engine.Report {
	t.Helper()
	r, err := c.Engine.Report(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status.Run != run || r.Status.Document != doc {
		t.Errorf("%s: want %s and %s, got %+v: %s", id, run, doc, r.Status, r.Reason)
	}
	return r
}

// An event finds its step whether it comes before or after; it is taken by
// one step only, and waking is at once.
func TestEventBeforeAndAfterItsWait(t *testing.T) {
	t.Parallel()
	c, _, clock := mailbox(t)
	if i := bring(t, c, "r1", "early", "OK"); i.Status != engine.ItemKept {
		t.Errorf("%+v", i)
	}
	early, late := hand(t, c, "early"), hand(t, c, "late")
	due(t, c)
	stands(t, c, early, engine.RunWaiting, engine.DocNone)
	stands(t, c, late, engine.RunWaiting, engine.DocNone)
	if items, err := c.Engine.Items(t.Context(), c.Package, c.Channel, c.Environment); err != nil || len(items) != 1 || items[0].Status != engine.ItemDone || items[0].Submission != early {
		t.Errorf("%+v %v", items, err)
	}
	clock.Advance(time.Minute)
	if ids, err := c.Engine.Due(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("due without an event: %v %v", ids, err)
	}
	bring(t, c, "r2", "late", "OK")
	if i := bring(t, c, "r2", "late", "OK"); i.Status != engine.ItemDuplicate {
		t.Errorf("the same again: %+v", i)
	}
	due(t, c)
	clock.Advance(61 * time.Minute)
	due(t, c)
	stands(t, c, early, engine.RunWaiting, engine.DocNone)
	clock.Advance(time.Hour)
	due(t, c)
	for id, name := range map[string]string{early: "r1.xml", late: "r2.xml"} {
		r := stands(t, c, id, engine.RunCompleted, engine.DocGenerated)
		if r.Fields["said"] != "said OK" || len(r.Results) != 1 || r.Results[0].File != name {
			t.Errorf("%s: %v %+v", id, r.Fields, r.Results)
		}
	}
}

// A refusal in an event is one; an event that never comes is expired; one that
// nobody waits for is parked when its time is over, and can be given again.
func TestEventThatRefusesOrNeverComes(t *testing.T) {
	t.Parallel()
	c, _, clock := mailbox(t)
	no, never := hand(t, c, "no"), hand(t, c, "never")
	bring(t, c, "r1", "no", "BAD")
	bring(t, c, "r2", "nobody", "OK")
	due(t, c)
	r := stands(t, c, no, engine.RunCompleted, engine.DocNone)
	if s := r.Steps[0]; s.Action != "wait" || s.Outcome != "verdict" || s.Code != "BAD" || s.Text != "said BAD" {
		t.Errorf("%+v", s)
	}
	clock.Advance(49 * time.Hour)
	due(t, c)
	r = stands(t, c, never, engine.RunCompleted, engine.DocNone)
	if s := r.Steps[0]; s.Outcome != "expired" || s.Code != "EVENT-receipt" {
		t.Errorf("%+v", s)
	}
	kept := func() (out []string) {
		items, err := c.Engine.Items(t.Context(), c.Package, c.Channel, c.Environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			out = append(out, i.Key+" "+string(i.Status)+" "+i.Rule)
		}
		return out
	}
	if got := kept(); !slices.Equal(got, []string{"r1 done ", "r2 kept "}) {
		t.Errorf("%q", got)
	}
	clock.Advance(24 * time.Hour)
	if got := kept(); !slices.Equal(got, []string{"r1 done ", "r2 parked RUN-ITEM-NOBODY"}) {
		t.Errorf("%q", got)
	}
	if again, err := c.Again(t.Context(), engine.RuleNobody); err != nil || len(again) != 1 || again[0].Status != engine.ItemKept {
		t.Errorf("%+v %v", again, err)
	}
	waits := hand(t, c, "nobody")
	due(t, c)
	clock.Advance(3 * time.Hour)
	due(t, c)
	clock.Advance(time.Hour)
	due(t, c)
	stands(t, c, waits, engine.RunCompleted, engine.DocGenerated)
}

// Wherever the log fails, on either side, the event is taken once and the run
// goes on.
func TestEventAtEveryFailureOfTheLog(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		c, log, clock := mailbox(t)
		id := hand(t, c, "a")
		n := 0
		log.fail = func() bool { n++; return n == at }
		_, err := c.Engine.Advance(t.Context(), id)
		_, err2 := c.Engine.Take(t.Context(), c.Package, c.Channel, c.Environment, engine.Incoming{Name: "r.xml", Bytes: []byte("<R><Id>r</Id><About>a</About><Code>OK</Code></R>")})
		_, err3 := c.Engine.Advance(t.Context(), id)
		log.fail = nil
		bring(t, c, "r", "a", "OK")
		for range 4 {
			clock.Advance(45 * time.Minute)
			due(t, c)
		}
		r := stands(t, c, id, engine.RunCompleted, engine.DocGenerated)
		if len(r.Steps) != 4 {
			t.Errorf("write %d: %+v", at, r.Steps)
		}
		if err = errors.Join(err, err2, err3); err == nil {
			if at < 4 {
				t.Errorf("only %d writes", at)
			}
			return
		}
		if !strings.Contains(err.Error(), errLog.Error()) {
			t.Fatal(err)
		}
	}
}
