package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

func open(t testing.TB, file string) *Store {
	t.Helper()
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func row(id string) *engine.Submission {
	return &engine.Submission{ID: id, Environment: engine.Test, Entity: "e", Run: engine.RunScheduled, Status: engine.DocNone,
		Accepted: noon, Changed: noon, DocumentID: "doc-" + id, Input: []byte("{}")}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWriteReturnedFromIsThereAfterOpen(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a b#.db")
	s, err := Open(t.Context(), file)
	must(t, err)
	must(t, s.Create(t.Context(), row("a")))
	lease, err := s.Acquire(t.Context(), "a", "me", noon, time.Minute)
	must(t, err)
	must(t, s.Write(t.Context(), lease, func(tx engine.LogTx) error {
		name, err := tx.Blob([]byte("bytes"))
		if err != nil {
			return err
		}
		sub, err := tx.Submission("a")
		if err != nil {
			return err
		}
		sub.Run = engine.RunRunning
		return errors.Join(tx.Append("a", engine.Entry{Path: "send", Kind: engine.EntryIntent, At: noon, Epoch: lease.Epoch, Data: []byte(`{"x":1.10}`), Blobs: []string{name}}),
			tx.Keep("a", engine.Kept{Name: "legal", SHA256: name, At: noon}), tx.Set("counter", "k", []byte("7")), tx.Update(sub))
	}))
	must(t, s.Close())

	s = open(t, file)
	journal, err := s.Journal(t.Context(), "a")
	must(t, err)
	if len(journal) != 1 || string(journal[0].Data) != `{"x":1.10}` || !journal[0].At.Equal(noon) || journal[0].Seq != 1 {
		t.Errorf("journal: %+v", journal)
	}
	data, err := s.Blob(t.Context(), journal[0].Blobs[0])
	must(t, err)
	kept, err := s.Kept(t.Context(), "a")
	must(t, err)
	sub, err := s.Submission(t.Context(), "a")
	must(t, err)
	if string(data) != "bytes" || len(kept) != 1 || sub.Run != engine.RunRunning || sub.Epoch != 1 || sub.Owner != "me" {
		t.Errorf("got %q %+v %+v", data, kept, sub)
	}
}

func TestLeaseOfAnEarlierEpochWritesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "log.db")
	one, two := open(t, file), open(t, file)
	must(t, one.Create(t.Context(), row("a")))
	if err := two.Create(t.Context(), row("a")); !errors.Is(err, engine.ErrExists) {
		t.Errorf("want ErrExists, got %v", err)
	}
	old, err := one.Acquire(t.Context(), "a", "one", noon, time.Minute)
	must(t, err)
	if _, err := two.Acquire(t.Context(), "a", "two", noon, time.Minute); !errors.Is(err, engine.ErrHeld) {
		t.Errorf("want ErrHeld, got %v", err)
	}
	fresh, err := two.Acquire(t.Context(), "a", "two", noon.Add(time.Minute), time.Minute)
	must(t, err)
	if fresh.Epoch <= old.Epoch {
		t.Errorf("epoch %d after %d", fresh.Epoch, old.Epoch)
	}
	err = one.Write(t.Context(), old, func(engine.LogTx) error { t.Error("ran"); return nil })
	if !errors.Is(err, engine.ErrLostLease) || !errors.Is(one.Holds(t.Context(), old), engine.ErrLostLease) {
		t.Errorf("want ErrLostLease, got %v", err)
	}
	if _, err := one.Acquire(t.Context(), "b", "one", noon, time.Minute); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("want ErrNotFound, got %v", err)
	}
}

// Transactions that share a commit do not share their failures.
func TestOneFailureOfAGroupLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "log.db"))
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := s.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
				if err := tx.Set("n", fmt.Sprintf("%03d", i), []byte("x")); err != nil {
					return err
				}
				if i%3 == 0 {
					return refused
				}
				return nil
			})
			if (i%3 == 0) != errors.Is(err, refused) || i%3 != 0 && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	pairs, err := s.Pairs(t.Context(), "n", "0")
	must(t, err)
	if len(pairs) != 66 {
		t.Errorf("want 66 pairs, got %d", len(pairs))
	}
}

func TestFindChoosesByRunAndTime(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "log.db"))
	for i, run := range []engine.RunStatus{engine.RunWaiting, engine.RunWaiting, engine.RunParked, engine.RunCompleted, engine.RunRunning} {
		r := row(fmt.Sprint(i))
		r.Run, r.Until = run, noon.Add(time.Duration(i)*time.Hour)
		must(t, s.Create(t.Context(), r))
	}
	found, err := s.Find(t.Context(), engine.Query{Due: noon.Add(30 * time.Minute)})
	must(t, err)
	if len(found) != 2 || found[0].ID != "0" || found[1].ID != "4" {
		t.Errorf("due: %d", len(found))
	}
	found, err = s.Find(t.Context(), engine.Query{After: "0", Run: []engine.RunStatus{engine.RunWaiting, engine.RunParked}, Limit: 1})
	must(t, err)
	if len(found) != 1 || found[0].ID != "1" {
		t.Errorf("after: %d", len(found))
	}
}

func BenchmarkTableDurableWrite(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "log.db"))
			b.SetParallelism(writers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Write(context.Background(), engine.Lease{}, func(tx engine.LogTx) error { return tx.Set("b", "k", []byte("v")) }); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func TestStoreKeepsThePromisesOfALog(t *testing.T) {
	t.Parallel()
	enginetest.Log(t, func(t *testing.T) engine.Log { return open(t, filepath.Join(t.TempDir(), "log.db")) })
}
