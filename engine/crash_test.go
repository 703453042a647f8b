package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

// A run that is killed at any write, before or after it became durable, comes
// to the same end, and the authority gets the document once.
func TestKilledAtEveryWriteItComesToTheSameEnd(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]enginetest.Behaviour{
		"accepted": nil,
		"rejected": {enginetest.Reject},
		"lost":     {enginetest.Lost},
		"cut":      {enginetest.Cut},
		"busy":     {enginetest.Busy, enginetest.Refused},
		"quota":    {enginetest.Much},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm := newWorld(t, script...)
			calm.authority.Default = always(name)
			count := &enginetest.Crash{Log: calm.log}
			calm.log = count
			want, _ := calm.run("1")
			for at := 1; at <= count.Writes(); at++ {
				for _, after := range []bool{false, true} {
					killed(t, always(name), script, at, after, want)
				}
			}
		})
	}
}

// always is what the authority does once the script is over.
func always(name string) enginetest.Behaviour {
	if name == "rejected" {
		return enginetest.Reject
	}
	return enginetest.Accept
}

func killed(t *testing.T, rest enginetest.Behaviour, script []enginetest.Behaviour, at int, after bool, want engine.Advanced) {
	t.Helper()
	w := newWorld(t, script...)
	w.authority.Default, w.authority.Naive = rest, true
	e := w.engineOn(&enginetest.Crash{Log: w.log, At: at, After: after})
	s, err := e.Submit(context.Background(), request(t, "1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), []string{s.ID}, 1, 48*time.Hour); !errors.Is(err, enginetest.ErrCrash) {
		t.Fatalf("write %d: want a crash, got %v", at, err)
	}
	a, r := w.follow(w.engine(), s.ID)
	where := fmt.Sprintf("killed at write %d (durable: %v)", at, after)
	if a.Run != want.Run || a.Status != want.Status {
		t.Errorf("%s: want %s and %s, got %s and %s: %s", where, want.Run, want.Status, a.Run, a.Status, a.Reason)
	}
	documents, twice := w.authority.Taken()
	if twice != 0 || len(w.authority.Received()) > 1 || documents != 1 && want.Status == engine.DocAccepted {
		t.Errorf("%s: taken %d, twice %d, bodies %d", where, documents, twice, len(w.authority.Received()))
	}
	if want.Status == engine.DocAccepted && fmt.Sprint(r.Fields["number"]) != "1" {
		t.Errorf("%s: fields %v", where, r.Fields)
	}
	statusesAreAllowed(t, w.log, s.ID)
}

// statusesAreAllowed checks every move the journal tells of.
func statusesAreAllowed(t *testing.T, log engine.Log, id string) {
	t.Helper()
	entries, err := log.Journal(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	run, doc := engine.RunScheduled, engine.DocNone
	for _, en := range entries {
		v, err := engine.DecodeValue(en.Data)
		if err != nil {
			continue
		}
		m, _ := v.(map[string]any)
		switch en.Kind {
		case engine.EntryRun:
			from, to := engine.RunStatus(m["from"].(string)), engine.RunStatus(m["to"].(string))
			if from != run || !from.CanMove(to) {
				t.Errorf("run moved from %s (was %s) to %s", from, run, to)
			}
			run = to
		case engine.EntryStatus:
			from, to := engine.DocStatus(m["from"].(string)), engine.DocStatus(m["to"].(string))
			if m["refused"] == true {
				continue
			}
			if from != doc || !from.CanMove(to) {
				t.Errorf("document moved from %s (was %s) to %s", from, doc, to)
			}
			doc = to
		}
	}
	row, err := log.Submission(context.Background(), id)
	if err != nil || row.Run != run || row.Status != doc {
		t.Errorf("row says %s and %s, journal %s and %s (%v)", row.Run, row.Status, run, doc, err)
	}
}
