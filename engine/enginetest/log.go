package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Log checks that what open returns keeps the promises of engine.Log. Open
// gives an empty log each time it is called.
func Log(t *testing.T, open func(*testing.T) engine.Log) {
	for name, test := range map[string]func(*testing.T, engine.Log){
		"create once":                    createOnce,
		"journal keeps order":            journalOrder,
		"a failed write leaves nothing":  failedWrite,
		"an old lease writes nothing":    oldLease,
		"epochs never repeat":            epochs,
		"reads in a transaction see it":  readYourWrites,
		"pairs by prefix":                pairsByPrefix,
		"find chooses":                   findChooses,
		"writers at once lose nothing":   writersAtOnce,
		"kept results are replaced":      keptReplaced,
		"update leaves epoch and lease":  updateLeavesLease,
		"bytes come back as they were":   blobs,
		"state belongs to its own key":   stateKeys,
		"instants come back to the nano": instants,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func row(id string) *engine.Submission {
	return &engine.Submission{ID: id, Environment: engine.Test, Entity: "acme", Package: "xx/a", Version: "1", Digest: "h1:x", Flow: "issue", Kind: engine.Outbound,
		DocumentID: "doc-" + id, DocumentType: "invoice/1", Accepted: noon, Changed: noon, Run: engine.RunScheduled, Status: engine.DocNone, Input: []byte(`{"id":"` + id + `"}`)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, is error, got error) {
	t.Helper()
	if !errors.Is(got, is) {
		t.Fatalf("want error %v, got %v", is, got)
	}
}

func lease(t *testing.T, l engine.Log, id string) engine.Lease {
	t.Helper()
	got, err := l.Acquire(t.Context(), id, "me", noon, time.Minute)
	must(t, err)
	return got
}

func createOnce(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	want(t, engine.ErrExists, l.Create(t.Context(), row("a")))
	s, err := l.Submission(t.Context(), "a")
	must(t, err)
	data, err := l.Blob(t.Context(), s.Document)
	must(t, err)
	if string(data) != `{"id":"a"}` || s.Input != nil || s.Run != engine.RunScheduled {
		t.Errorf("got %q %+v", data, s)
	}
	_, err = l.Submission(t.Context(), "b")
	want(t, engine.ErrNotFound, err)
	_, err = l.Blob(t.Context(), "00")
	want(t, engine.ErrNotFound, err)
}

func journalOrder(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	held := lease(t, l, "a")
	for i := range 5 {
		must(t, l.Write(t.Context(), held, func(tx engine.LogTx) error {
			return errors.Join(
				tx.Append("a", engine.Entry{Path: fmt.Sprintf("s#%d", i), Kind: engine.EntryIntent, At: noon, Epoch: held.Epoch, Data: []byte(`{"n":1.10}`), Blobs: []string{"x", "y"}}),
				tx.Append("a", engine.Entry{Path: fmt.Sprintf("s#%d", i), Kind: engine.EntryOutcome, At: noon}))
		}))
	}
	list, err := l.Journal(t.Context(), "a")
	must(t, err)
	if len(list) != 10 || list[9].Path != "s#4" || list[9].Kind != engine.EntryOutcome || string(list[0].Data) != `{"n":1.10}` || len(list[0].Blobs) != 2 {
		t.Fatalf("got %+v", list)
	}
	for i := range list {
		if list[i].Seq != i+1 {
			t.Errorf("entry %d has the number %d", i, list[i].Seq)
		}
	}
	err = l.Write(t.Context(), held, func(tx engine.LogTx) error {
		return tx.Append("a", engine.Entry{Path: "s#0", Kind: engine.EntryIntent})
	})
	want(t, engine.ErrExists, err)
}

func failedWrite(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	held := lease(t, l, "a")
	broken := errors.New("broken")
	err := l.Write(t.Context(), held, func(tx engine.LogTx) error {
		s, err := tx.Submission("a")
		must(t, err)
		s.Run = engine.RunRunning
		return errors.Join(tx.Update(s), tx.Append("a", engine.Entry{Path: "p", Kind: engine.EntryNote}), tx.Set("b", "k", []byte("v")),
			tx.Keep("a", engine.Kept{Name: "n"}), broken)
	})
	want(t, broken, err)
	s, err := l.Submission(t.Context(), "a")
	must(t, err)
	list, err := l.Journal(t.Context(), "a")
	must(t, err)
	v, err := l.Get(t.Context(), "b", "k")
	must(t, err)
	kept, err := l.Kept(t.Context(), "a")
	must(t, err)
	if s.Run != engine.RunScheduled || len(list) != 0 || v != nil || len(kept) != 0 {
		t.Errorf("something was written: %+v %v %q %v", s, list, v, kept)
	}
}

func oldLease(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	old := lease(t, l, "a")
	must(t, l.Holds(t.Context(), old))
	_, err := l.Acquire(t.Context(), "a", "you", noon.Add(59*time.Second), time.Minute)
	want(t, engine.ErrHeld, err)
	fresh, err := l.Acquire(t.Context(), "a", "you", noon.Add(time.Minute), time.Minute)
	must(t, err)
	want(t, engine.ErrLostLease, l.Holds(t.Context(), old))
	want(t, engine.ErrLostLease, l.Write(t.Context(), old, func(engine.LogTx) error { return nil }))
	must(t, l.Release(t.Context(), old)) // losing a lease is no error, and frees nothing
	must(t, l.Holds(t.Context(), fresh))
	_, err = l.Acquire(t.Context(), "a", "me", noon.Add(time.Minute), time.Minute)
	want(t, engine.ErrHeld, err)
	must(t, l.Release(t.Context(), fresh))
	_, err = l.Acquire(t.Context(), "a", "me", noon.Add(time.Minute), time.Minute)
	must(t, err)
	_, err = l.Acquire(t.Context(), "b", "me", noon, time.Minute)
	want(t, engine.ErrNotFound, err)
}

func epochs(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	last := int64(0)
	for range 3 {
		held := lease(t, l, "a") // the same owner takes over from itself: a restarted process
		if held.Epoch <= last {
			t.Fatalf("epoch %d after %d", held.Epoch, last)
		}
		last = held.Epoch
		must(t, l.Release(t.Context(), held))
	}
}

func readYourWrites(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
		must(t, tx.Set("b", "k1", []byte("v")))
		must(t, tx.Set("b", "k2", []byte("w")))
		must(t, tx.Set("b", "k2", nil))
		v, err := tx.Get("b", "k1")
		must(t, err)
		gone, err := tx.Get("b", "k2")
		must(t, err)
		list, err := tx.Pairs("b", "k")
		must(t, err)
		s, err := tx.Submission("a")
		must(t, err)
		s.Status = engine.DocSigned
		must(t, tx.Update(s))
		s, err = tx.Submission("a")
		must(t, err)
		if string(v) != "v" || gone != nil || len(list) != 1 || s.Status != engine.DocSigned {
			t.Errorf("got %q %q %v %s", v, gone, list, s.Status)
		}
		return nil
	}))
}

func pairsByPrefix(t *testing.T, l engine.Log) {
	must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
		return errors.Join(tx.Set("b", "é\x1f2", []byte("2")), tx.Set("b", "é\x1f1", []byte("1")), tx.Set("b", "f", []byte("3")), tx.Set("c", "é\x1f1", []byte("4")), tx.Set("b", "%", []byte("5")))
	}))
	list, err := l.Pairs(t.Context(), "b", "é\x1f")
	must(t, err)
	if len(list) != 2 || string(list[0].Value) != "1" || string(list[1].Value) != "2" {
		t.Errorf("got %v", list)
	}
	list, err = l.Pairs(t.Context(), "b", "")
	must(t, err)
	if len(list) != 4 {
		t.Errorf("got %v", list)
	}
	list, err = l.Pairs(t.Context(), "b", "%")
	must(t, err)
	if len(list) != 1 {
		t.Errorf("got %v", list)
	}
}

func findChooses(t *testing.T, l engine.Log) {
	for i, run := range []engine.RunStatus{engine.RunWaiting, engine.RunWaiting, engine.RunParked, engine.RunCompleted, engine.RunRunning, engine.RunScheduled} {
		r := row(fmt.Sprint(i))
		r.Run, r.Until, r.Accepted = run, noon.Add(time.Duration(i)*time.Hour), noon.Add(time.Duration(i)*time.Minute)
		if i == 3 {
			r.Entity, r.Status, r.Original = "other", engine.DocAccepted, "0"
		}
		must(t, l.Create(t.Context(), r))
	}
	for name, c := range map[string]struct {
		q    engine.Query
		want string
	}{
		"all":      {engine.Query{}, "012345"},
		"due":      {engine.Query{Due: noon}, "045"},
		"run":      {engine.Query{Run: []engine.RunStatus{engine.RunParked, engine.RunRunning}}, "24"},
		"status":   {engine.Query{Status: []engine.DocStatus{engine.DocAccepted}}, "3"},
		"entity":   {engine.Query{Entity: "other"}, "3"},
		"since":    {engine.Query{Since: noon.Add(4 * time.Minute)}, "45"},
		"document": {engine.Query{DocumentID: "doc-2"}, "2"},
		"original": {engine.Query{Original: "0"}, "3"},
		"page":     {engine.Query{After: "1", Limit: 2}, "23"},
		"none":     {engine.Query{Environment: engine.Production}, ""},
	} {
		list, err := l.Find(t.Context(), c.q)
		must(t, err)
		got := ""
		for _, s := range list {
			got += s.ID
		}
		if got != c.want {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}

func writersAtOnce(t *testing.T, l engine.Log) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				err := l.Write(context.Background(), engine.Lease{}, func(tx engine.LogTx) error {
					v, err := tx.Get("n", "n")
					if err != nil {
						return err
					}
					return tx.Set("n", "n", append(bytes.Clone(v), 'x'))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	v, err := l.Get(t.Context(), "n", "n")
	must(t, err)
	if len(v) != 160 {
		t.Errorf("want 160 writes, got %d", len(v))
	}
}

func keptReplaced(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	for _, sum := range []string{"1", "2"} {
		must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
			return tx.Keep("a", engine.Kept{Name: "legal", File: "a.xml", MediaType: "application/xml", SHA256: sum, Size: 3, Legal: true, At: noon})
		}))
	}
	kept, err := l.Kept(t.Context(), "a")
	must(t, err)
	if len(kept) != 1 || kept[0].SHA256 != "2" || !kept[0].Legal || !kept[0].At.Equal(noon) {
		t.Errorf("got %+v", kept)
	}
}

func updateLeavesLease(t *testing.T, l engine.Log) {
	must(t, l.Create(t.Context(), row("a")))
	before, err := l.Submission(t.Context(), "a")
	must(t, err)
	held := lease(t, l, "a")
	before.Run, before.Fields, before.Reason, before.Rule, before.Until = engine.RunWaiting, []byte(`{"k":1}`), "why", "RUN-X", noon
	must(t, l.Write(t.Context(), held, func(tx engine.LogTx) error { return tx.Update(before) }))
	must(t, l.Holds(t.Context(), held))
	s, err := l.Submission(t.Context(), "a")
	must(t, err)
	if s.Run != engine.RunWaiting || string(s.Fields) != `{"k":1}` || s.Reason != "why" || s.Rule != "RUN-X" || !s.Until.Equal(noon) || s.Owner != "me" {
		t.Errorf("got %+v", s)
	}
}

func blobs(t *testing.T, l engine.Log) {
	for _, data := range [][]byte{{}, {0, 1, 0xff}, bytes.Repeat([]byte("x"), 1<<20)} {
		var name string
		must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) (err error) {
			name, err = tx.Blob(data)
			return err
		}))
		got, err := l.Blob(t.Context(), name)
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d", len(data), len(got))
		}
	}
}

func stateKeys(t *testing.T, l engine.Log) {
	must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error { return tx.Set("a", "k", []byte{}) }))
	v, err := l.Get(t.Context(), "a", "k")
	must(t, err)
	other, err := l.Get(t.Context(), "b", "k")
	must(t, err)
	if v == nil || other != nil {
		t.Errorf("got %v and %v", v, other)
	}
}

func instants(t *testing.T, l engine.Log) {
	at := noon.Add(123456789 * time.Nanosecond)
	r := row("a")
	r.Accepted = at
	must(t, l.Create(t.Context(), r))
	must(t, l.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
		return tx.Append("a", engine.Entry{Path: "p", Kind: engine.EntryNote, At: at})
	}))
	s, err := l.Submission(t.Context(), "a")
	must(t, err)
	list, err := l.Journal(t.Context(), "a")
	must(t, err)
	if !s.Accepted.Equal(at) || !list[0].At.Equal(at) || !s.Until.IsZero() {
		t.Errorf("got %v, %v, %v", s.Accepted, list[0].At, s.Until)
	}
}
