package engine_test

import (
	"errors"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A person may say that numbers are used already; a counter never goes back.
func TestCounterIsMovedForward(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pkg.State = append(w.pkg.State, engine.State{Name: "series", Kind: "counter"})
	e := w.engine()
	object := "test\x1f" + w.pkg.ID + "\x1fseries\x1facme"
	tests := []struct{ object, last, reason, rule string }{
		{object, "7", "", "RUN-REASON"},
		{object, "7.5", "moved", "RUN-STATE"},
		{object, "-1", "moved", "RUN-STATE"},
		{"test\x1f" + w.pkg.ID + "\x1fserise\x1facme", "7", "moved", "RUN-STATE"},
		{"series", "7", "moved", "RUN-STATE"},
		{object, "7", "moved", ""},
		{object, "7", "moved", "RUN-STATE"},
		{object, "6", "moved", "RUN-STATE"},
		{object, "99", "moved again", ""},
	}
	for _, tt := range tests {
		err := e.SetCounter(t.Context(), tt.object, decimal.MustParse(tt.last), "ann", tt.reason)
		var p diag.Problem
		if errors.As(err, &p); p.Rule != tt.rule || tt.rule == "" && err != nil {
			t.Errorf("%q to %s: got %v, want %q", tt.object, tt.last, err, tt.rule)
		}
		w.clock.Advance(1)
	}
	last, err := w.log.Get(t.Context(), engine.BucketCounter, object)
	if string(last) != "99" || err != nil {
		t.Errorf("the counter stands at %s (%v)", last, err)
	}
	if words, err := w.log.Pairs(t.Context(), engine.BucketCounterLog, object); len(words) != 2 || err != nil {
		t.Errorf("%d words are kept (%v)", len(words), err)
	}
}
