package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

// The disk is full: what cannot be logged is not sent, and when there is room
// again all goes on.
func TestFullDiskSendsNothingThatIsNotLogged(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "log.db"))
	a := &enginetest.Authority{Clock: engine.NewVirtual(noon), Naive: true}
	e := runner(t, s, a)
	const n = 30
	for i := range n {
		submit(t, e, fmt.Sprint("d", i))
	}
	write := s.backend.(*sqliteLog).write
	var pages int
	must(t, write.QueryRow("PRAGMA page_count").Scan(&pages))
	_, err := write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+12))
	must(t, err)
	failed := 0
	for i := range n {
		if _, err := e.Advance(t.Context(), fmt.Sprint("d", i)); err != nil {
			failed++
		}
	}
	sent, _ := a.Taken()
	if failed == 0 || sent == n {
		t.Fatalf("the disk was never full: %d sent", sent)
	}
	intents := 0
	for i := range n {
		list, err := s.Journal(t.Context(), fmt.Sprint("d", i))
		must(t, err)
		for _, en := range list {
			if en.Kind == engine.EntryIntent {
				intents++
			}
		}
	}
	if sent > intents {
		t.Errorf("%d were sent, of %d the log knows", sent, intents)
	}
	_, err = write.Exec("PRAGMA max_page_count = 1000000")
	must(t, err)
	ids := make([]string, n)
	for i := range n {
		ids[i] = fmt.Sprint("d", i)
	}
	out, err := e.Run(t.Context(), ids, 1, 24*time.Hour)
	must(t, err)
	for id, at := range out {
		if at.Status != engine.DocAccepted {
			t.Errorf("%s: %+v", id, at)
		}
	}
	if got, twice := a.Taken(); got != n || twice != 0 {
		t.Errorf("%d of %d taken, %d twice", got, n, twice)
	}
	t.Logf("%d of %d were sent before the disk was full", sent, n)
}
