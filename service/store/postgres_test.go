package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// openPG opens an empty log on PostgreSQL.
func openPG(t testing.TB) *Store {
	t.Helper()
	c := pgtest.Shared(t)
	return open(t, c.URL(c.Database(t))+"&pool_max_conns=8")
}

func TestPostgresKeepsThePromisesOfALog(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	enginetest.Log(t, func(t *testing.T) engine.Log { return openPG(t) })
}

// A commit whose answer is lost is looked up: what happened counts once, what
// did not happen is done again.
func TestCommitWhoseAnswerIsLostIsLookedUp(t *testing.T) {
	t.Parallel()
	c := pgtest.Shared(t)
	for _, cut := range []pgtest.Cut{pgtest.CutBeforeCommit, pgtest.CutAfterCommit} {
		p := c.Proxy(t)
		s := open(t, p.URL(c.Database(t)))
		must(t, s.Create(t.Context(), row("a")))
		l, err := s.Acquire(t.Context(), "a", "me", noon, time.Minute)
		must(t, err)
		runs := 0
		p.Next(cut)
		must(t, s.Write(t.Context(), l, func(tx engine.LogTx) error {
			runs++
			v, err := tx.Get("n", "n")
			if err != nil {
				return err
			}
			return errors.Join(tx.Set("n", "n", append(v, 'x')), tx.Append("a", engine.Entry{Path: "p", Kind: engine.EntryIntent, At: noon}))
		}))
		v, err := s.Get(t.Context(), "n", "n")
		must(t, err)
		list, err := s.Journal(t.Context(), "a")
		must(t, err)
		want := map[pgtest.Cut]int{pgtest.CutBeforeCommit: 2, pgtest.CutAfterCommit: 1}[cut]
		if string(v) != "x" || len(list) != 1 || runs != want {
			t.Errorf("cut %d: value %q, %d entries, ran %d times, not %d", cut, v, len(list), runs, want)
		}
		p.Next(cut)
		must(t, s.Create(t.Context(), row("b"))) // and not "exists already"
	}
}

// Transactions that lock each other out are run again, one of them.
func TestDeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	s := openPG(t)
	meet := make(chan struct{})
	var wg sync.WaitGroup
	for _, keys := range [][2]string{{"a", "b"}, {"b", "a"}} {
		first := true
		wg.Go(func() {
			err := s.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
				for i, k := range keys {
					v, err := tx.Get("d", k)
					if err != nil {
						return err
					}
					if err := tx.Set("d", k, append(v, 'x')); err != nil {
						return err
					}
					if i == 0 && first {
						first = false
						select {
						case meet <- struct{}{}:
						case <-meet:
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range []string{"a", "b"} {
		v, err := s.Get(t.Context(), "d", k)
		must(t, err)
		if string(v) != "xx" {
			t.Errorf("%s: %q", k, v)
		}
	}
}

// The database is away for a while: nothing is lost, and what waited goes on.
func TestDatabaseThatWasAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	s := open(t, c.URL(c.Database(t)))
	must(t, s.Create(t.Context(), row("a")))
	l, err := s.Acquire(t.Context(), "a", "me", noon, time.Minute)
	must(t, err)
	c.Stop(t)
	if err := s.Holds(t.Context(), l); err == nil || errors.Is(err, engine.ErrLostLease) {
		t.Errorf("the gate of a call must stay shut while the log is away: %v", err)
	}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := s.Write(context.Background(), l, func(tx engine.LogTx) error {
				return tx.Append("a", engine.Entry{Path: fmt.Sprint(i), Kind: engine.EntryNote, At: noon})
			}); err != nil {
				t.Error(err)
			}
		})
	}
	c.Start(t)
	wg.Wait()
	list, err := s.Journal(t.Context(), "a")
	must(t, err)
	if len(list) != 10 {
		t.Errorf("%d entries of 10", len(list))
	}
}

// The database fails over to a standby that has every commit: the log is the
// same there, and no transaction of the old server is looked up in the history
// of the new one.
func TestLogGoesOnAtAStandby(t *testing.T) {
	t.Parallel()
	one := pgtest.Start(t)
	name := one.Database(t)
	two := one.Standby(t)
	s := open(t, fmt.Sprintf("postgres://fiscus@127.0.0.1:%d,127.0.0.1:%d/%s?sslmode=disable&target_session_attrs=read-write", one.Port(), two.Port(), name))
	must(t, s.Create(t.Context(), row("a")))
	l, err := s.Acquire(t.Context(), "a", "me", noon, time.Minute)
	must(t, err)
	must(t, s.Write(t.Context(), l, func(tx engine.LogTx) error { return tx.Set("n", "n", []byte("before")) }))
	before, line := s.backend.(*pgLog), ""
	for _, x := range before.timelines {
		line = x
	}
	one.Stop(t)
	two.Promote(t)
	must(t, s.Write(t.Context(), l, func(tx engine.LogTx) error {
		v, err := tx.Get("n", "n")
		if string(v) != "before" {
			t.Errorf("the standby has %q", v)
		}
		return errors.Join(err, tx.Set("n", "n", []byte("after")))
	}))
	if _, err := before.status(t.Context(), "700", line); !errors.Is(err, errHistory) {
		t.Errorf("a transaction of the old server was looked up at the new one: %v", err)
	}
}
