package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// moveTo moves the cursor of its step.
var moveTo = &engine.Spec{Name: "test.move", Effect: engine.Records, Params: []engine.Param{{Name: "cursor", Kind: engine.StateParam}, {Name: "to"}},
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		to, _ := s.Number("to")
		at, moved, err := tx.Move(s.State("cursor"), to)
		return engine.Outputs{"out": at, "moved": moved}, err
	}}

// readOn is a package whose flow notes where the cursor stands, reads on to the
// number of the document, and sends.
func readOn(t *testing.T) *engine.Package {
	p := issue(t)
	cursor := &engine.State{Name: "place", Kind: "cursor", Start: "10", Per: []*formula.Program{enginetest.Program(t, "entity")}}
	p.State = append(p.State, *cursor)
	f := flow("issue", engine.Outbound,
		&engine.FlowStep{ID: "before", Action: enginetest.Make, With: enginetest.With(t, "in", "=state.place.value")},
		&engine.FlowStep{ID: "move", Action: moveTo, With: enginetest.With(t, "to", "=document.lines[0].netAmount"), Refs: map[string]any{"cursor": cursor}},
		&engine.FlowStep{ID: "again", Action: enginetest.Make, With: enginetest.With(t, "in", "=state.place.value")},
	)
	f.Fields = enginetest.With(t, "before", "=text(steps.before.out)", "again", "=text(steps.again.out)", "at", "=steps.move.out", "moved", "=steps.move.moved")
	p.Flows[0] = f
	return p
}

// read takes a document with that number through and tells what the flow saw.
func (w *world) read(e *engine.Engine, id string, number int) string {
	w.t.Helper()
	r := request(w.t, id)
	r.Document = fmt.Appendf(nil, `{"type": "invoice", "id": %q, "number": "A", "issued": "2026-11-01", "currency": "EUR", "lines": [{"id": "1", "quantity": 1, "netAmount": %d, "item": {"name": "x"}}]}`, id, number)
	s, err := e.Submit(context.Background(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), []string{s.ID}, 1, time.Hour); err != nil {
		if errors.Is(err, enginetest.ErrCrash) {
			return "crash"
		}
		w.t.Fatal(err)
	}
	report, err := e.Report(context.Background(), s.ID)
	if err != nil || report.Status.Run != engine.RunCompleted {
		w.t.Fatal(report.Status, report.Reason, err)
	}
	f := report.Fields
	return fmt.Sprint(f["before"], " ", f["again"], " ", f["at"], " ", f["moved"])
}

// A cursor begins at its start and never goes back; a run sees it as it was when
// the run first looked.
func TestCursorGoesForwardOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pkg = readOn(t)
	for i, c := range []struct {
		number int
		want   string
	}{{15, "<10> <10> 15 true"}, {12, "<15> <15> 15 false"}, {15, "<15> <15> 15 false"}, {100, "<15> <15> 100 true"}, {9, "<100> <100> 100 false"}} {
		if got := w.read(w.engine(), fmt.Sprint("d", i), c.number); got != c.want {
			t.Errorf("to %d: got %s, want %s", c.number, got, c.want)
		}
	}
	object := strings.Join([]string{"test", "xx/test", "place", "acme"}, "\x1f")
	e := w.engine()
	for _, c := range []struct {
		to     int64
		reason string
		fails  bool
	}{{50, "mine", true}, {200, "", true}, {200, "read elsewhere", false}} {
		if err := e.SetCounter(context.Background(), object, decimal.FromInt(c.to), "me", c.reason); (err != nil) != c.fails {
			t.Errorf("a person says %d: %v", c.to, err)
		}
	}
	if got := w.read(w.engine(), "last", 201); got != "<200> <200> 201 true" {
		t.Error(got)
	}
}

// Killed at any write, before or after it became durable, the run ends the same
// and the cursor stands where the run says.
func TestCursorKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	calm := newWorld(t)
	calm.pkg = readOn(t)
	count := &enginetest.Crash{Log: calm.log}
	want := calm.read(calm.engineOn(count), "d", 15)
	for at := 1; at <= count.Writes(); at++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			w.pkg = readOn(t)
			if got := w.read(w.engineOn(&enginetest.Crash{Log: w.log, At: at, After: after}), "d", 15); got != "crash" {
				t.Fatalf("write %d of %d: %s", at, count.Writes(), got)
			}
			if got := w.read(w.engine(), "d", 15); got != want {
				t.Errorf("write %d (durable: %v): got %s, want %s", at, after, got, want)
			}
			if got := w.read(w.engine(), "e", 1); got != "<15> <15> 15 false" {
				t.Errorf("write %d (durable: %v): afterwards %s", at, after, got)
			}
		}
	}
}
