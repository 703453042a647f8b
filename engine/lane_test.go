package engine_test

import (
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// lane is a world whose send waits in a lane.
func lane(t *testing.T, script ...enginetest.Behaviour) *world {
	w := newWorld(t, script...)
	w.pkg.State = append(w.pkg.State, engine.State{Name: "lane", Kind: "pace", Per: []*formula.Program{enginetest.Program(t, "entity")},
		Limits: []engine.PaceLimit{{Count: 1, In: enginetest.Value(t, `=duration("10s")`)}, {Count: 3, In: enginetest.Value(t, `=duration("1h")`)}}})
	step(w.pkg.Flows[0], "send").Pace = "lane"
	return w
}

// Calls keep every limit, in the order in which they came.
func TestCallsQueueInTheirLane(t *testing.T) {
	t.Parallel()
	w := lane(t)
	e := w.engine()
	var at []time.Duration
	w.authority.Before = func(*engine.Call) { at = append(at, w.clock.Now().Sub(noon)) }
	for _, id := range []string{"1", "2", "3", "4"} {
		if _, err := e.Submit(t.Context(), request(t, id)); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Advance(t.Context(), "sub-"+id); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		rows, err := w.log.Find(t.Context(), engine.Query{Run: []engine.RunStatus{engine.RunWaiting}})
		if err != nil || len(rows) == 0 {
			break
		}
		_ = w.clock.Sleep(t.Context(), rows[0].Until)
		if _, err := e.Advance(t.Context(), rows[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	want := []time.Duration{0, 10 * time.Second, 20 * time.Second, time.Hour}
	if len(at) != 4 || at[0] != want[0] || at[1] != want[1] || at[2] != want[2] || at[3] != want[3] {
		t.Errorf("calls at %v, want %v", at, want)
	}
}

// An answer that says "too much" closes the lane for all; who waits queues again.
func TestQuotaClosesTheLane(t *testing.T) {
	t.Parallel()
	w := lane(t, enginetest.Much)
	e := w.engine()
	var at []time.Duration
	w.authority.Before = func(*engine.Call) { at = append(at, w.clock.Now().Sub(noon)) }
	for _, id := range []string{"1", "2"} {
		if _, err := e.Submit(t.Context(), request(t, id)); err != nil {
			t.Fatal(err)
		}
		if a, err := e.Advance(t.Context(), "sub-"+id); err != nil || a.Run != engine.RunWaiting {
			t.Fatalf("%+v %v", a, err)
		}
	}
	if _, err := e.Run(t.Context(), []string{"sub-2", "sub-1"}, 1, 3*time.Hour); err != nil {
		t.Fatal(err)
	}
	if len(at) != 3 || at[1] < time.Hour || at[2] < at[1]+10*time.Second {
		t.Errorf("calls at %v", at)
	}
}
