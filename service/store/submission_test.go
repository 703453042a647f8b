package store

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/pgtest"
)

func runner(t testing.TB, log engine.Log, a *enginetest.Authority) *engine.Engine {
	t.Helper()
	e := &engine.Entity{ID: "acme", Fields: map[string]any{"id": "acme"}}
	c, list := engine.NewCatalog([]*engine.Package{enginetest.Issue(t)}, []*engine.Deployment{{Environment: engine.Test, Use: []engine.Use{{Package: "xx/test", Entities: []string{"acme"}}}}}, []*engine.Entity{e})
	must(t, list.Err())
	en, err := engine.New(c, engine.Hands{Clock: a.Clock, Log: log, Transport: a}, engine.Options{Owner: Owner})
	must(t, err)
	return en
}

func submit(t testing.TB, e *engine.Engine, id string) {
	t.Helper()
	_, err := e.Submit(context.Background(), &engine.Request{ID: id, Document: enginetest.Document(t, id), Entity: "acme", Environment: engine.Test})
	must(t, err)
}

// A document whose answer was lost is found again by a process that opens the
// same file, and was sent once.
func TestRunGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "log.db")
	clock := engine.NewVirtual(noon)
	a := &enginetest.Authority{Clock: clock, Naive: true}
	for at := 1; at <= 4; at++ {
		id := fmt.Sprint("d", at)
		s, err := Open(t.Context(), file)
		must(t, err)
		submit(t, runner(t, s, a), id)
		_, err = runner(t, &enginetest.Crash{Log: s, At: at}, a).Advance(t.Context(), id)
		if err == nil {
			t.Fatalf("write %d: no crash", at)
		}
		must(t, s.Close())
		s, err = Open(t.Context(), file)
		must(t, err)
		out, err := runner(t, s, a).Run(t.Context(), []string{id}, 1, time.Hour)
		must(t, err)
		if out[id].Status != engine.DocAccepted {
			t.Errorf("write %d: %+v", at, out[id])
		}
		must(t, s.Close())
	}
	if n, twice := a.Taken(); n != 4 || twice != 0 {
		t.Errorf("taken %d, twice %d", n, twice)
	}
}

// BenchmarkTableDurableSubmission is a submission of six steps, two of which
// record and one sends, to an authority that answers at once.
func BenchmarkTableDurableSubmission(b *testing.B) {
	for name, place := range map[string]func(testing.TB) *Store{
		"": func(t testing.TB) *Store { return open(t, filepath.Join(t.TempDir(), "log.db")) }, "log=postgres/": func(t testing.TB) *Store {
			c := pgtest.Shared(t)
			return open(t, c.URL(c.Database(t)))
		}} {
		for _, workers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%sworkers=%d", name, workers), func(b *testing.B) { submissions(b, place(b), workers) })
		}
	}
}

func submissions(b *testing.B, s *Store, workers int) {
	a := &enginetest.Authority{Clock: engine.NewVirtual(noon)}
	e := runner(b, s, a)
	var n atomic.Int64
	b.SetParallelism(max(1, workers/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprint("s", n.Add(1))
			submit(b, e, id)
			if got, err := e.Advance(context.Background(), id); err != nil || got.Status != engine.DocAccepted {
				b.Error(got, err)
			}
		}
	})
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "submissions/s")
}
