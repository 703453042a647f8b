package engine_test

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine"
)

// The moves of a document, as the design lists them; no other is allowed.
func TestStatusesMoveAsTheTableSays(t *testing.T) {
	t.Parallel()
	allowed := map[[2]engine.DocStatus]bool{}
	for from, list := range map[engine.DocStatus][]engine.DocStatus{
		"none": {"generated"}, "generated": {"signed"}, "signed": {"submitted"},
		"submitted": {"pending", "accepted", "acceptedWithNotes", "rejected", "denied", "unknown"},
		"pending":   {"accepted", "acceptedWithNotes", "rejected", "denied", "unknown"},
		"unknown":   {"pending", "accepted", "acceptedWithNotes", "rejected", "denied", "signed"},
		"accepted":  {"canceled", "rejected"}, "acceptedWithNotes": {"canceled", "rejected"},
		"rejected": {"generated"},
	} {
		for _, to := range list {
			allowed[[2]engine.DocStatus{from, to}] = true
		}
	}
	for _, from := range engine.DocStatuses {
		for _, to := range engine.DocStatuses {
			if want := allowed[[2]engine.DocStatus{from, to}]; from.CanMove(to) != want {
				t.Errorf("%s to %s: want %v", from, to, want)
			}
		}
	}
	runs := []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting, engine.RunParked, engine.RunCompleted, engine.RunFailed, engine.RunCanceled}
	for _, to := range runs {
		if engine.RunCompleted.CanMove(to) || engine.RunCanceled.CanMove(to) {
			t.Errorf("what has ended becomes %s", to)
		}
		if engine.RunFailed.CanMove(to) != (to == engine.RunRunning) {
			t.Errorf("failed to %s", to)
		}
	}
}
