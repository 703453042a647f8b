package durable

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/pgtest"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// places gives an empty log of each kind.
var places = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "log.db") },
	"postgres": func(t testing.TB) string { c := pgtest.Shared(t); return c.URL(c.Database(t)) + "&pool_max_conns=20" },
}

// stage is a log with an authority in memory.
type stage struct {
	place string
	log   *store.Store
	a     *enginetest.Authority
	clock engine.Clock
}

func newStage(t testing.TB, place string) *stage {
	t.Helper()
	log, err := store.Open(t.Context(), place)
	must(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return &stage{place, log, &enginetest.Authority{Clock: host.Clock{}, Naive: true}, host.Clock{}}
}

func (s *stage) engine(t testing.TB) func(string) (*engine.Engine, error) {
	var all []*engine.Entity
	var names []string
	for i := range 4 {
		id := fmt.Sprint("e", i)
		names = append(names, id)
		all = append(all, &engine.Entity{ID: id, Fields: map[string]any{"id": id}})
	}
	c, list := engine.NewCatalog([]*engine.Package{enginetest.Issue(t)}, []*engine.Deployment{{Environment: engine.Test, Use: []engine.Use{{Package: "xx/test", Entities: names}}}}, all)
	must(t, list.Err())
	return func(owner string) (*engine.Engine, error) {
		return engine.New(c, engine.Hands{Clock: s.clock, Log: s.log, Transport: s.a}, engine.Options{Owner: owner, Gone: s.log.Gone, LeaseTTL: time.Minute, SendFor: 2 * time.Second, Skew: time.Second})
	}
}

func (s *stage) worker(t testing.TB, name string, o Options) *Worker {
	t.Helper()
	if testing.Verbose() {
		o.Say = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	o.Log, o.Place, o.Name, o.Engine = s.log, s.place, name, s.engine(t)
	w, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func (s *stage) take(t testing.TB, w *Worker, id, entity string) {
	t.Helper()
	sub, err := w.Engine().Submit(context.Background(), &engine.Request{ID: id, Document: enginetest.Document(t, id), Entity: entity, Environment: engine.Test})
	must(t, err)
	must(t, w.Start(context.Background(), ItemOf(sub)))
}

func (s *stage) wait(t testing.TB, n int, q engine.Query, patience time.Duration) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		list, err := s.log.Find(context.Background(), q)
		must(t, err)
		if len(list) == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d: %+v", len(list), n, q)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var completed = engine.Query{Run: []engine.RunStatus{engine.RunCompleted}}

func TestWhatIsStartedIsAdvanced(t *testing.T) {
	t.Parallel()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, place(t))
			w := s.worker(t, "w", Options{})
			for i := range 20 {
				s.take(t, w, fmt.Sprint("d", i), fmt.Sprint("e", i%4))
			}
			s.wait(t, 20, completed, 20*time.Second)
			if n, twice := s.a.Taken(); n != 20 || twice != 0 {
				t.Errorf("taken %d, twice %d", n, twice)
			}
		})
	}
}

func BenchmarkTableDurableQueue(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			s := newStage(b, places[name](b))
			w := s.worker(b, "w", Options{})
			b.SetParallelism(4)
			b.ResetTimer()
			ids := make(chan int, b.N)
			for i := range b.N {
				ids <- i
			}
			close(ids)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := <-ids
					s.take(b, w, fmt.Sprint("d", i), fmt.Sprint("e", i%4))
				}
			})
			for {
				list, err := s.log.Find(context.Background(), engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting}, Limit: 1})
				must(b, err)
				if len(list) == 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
		})
	}
}

// BenchmarkTableDurableBare is the queue alone: what is advanced does nothing.
func BenchmarkTableDurableBare(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			q, err := openQueue(b.Context(), places[name](b), "bench")
			must(b, err)
			done := make(chan struct{}, b.N)
			must(b, q.launch(16, func(context.Context, Item) { done <- struct{}{} }))
			b.Cleanup(func() { must(b, q.shutdown(time.Minute)) })
			b.SetParallelism(4)
			b.ResetTimer()
			ids := make(chan int, b.N)
			for i := range b.N {
				ids <- i
			}
			close(ids)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := <-ids
					must(b, q.Start(b.Context(), Item{ID: fmt.Sprint("d", i), Partition: fmt.Sprint("e", i%4)}))
				}
			})
			for range b.N {
				<-done
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
		})
	}
}

// What waits goes on in time, after a restart too, and a failing pass is tried
// again.
func TestWaitsEnd(t *testing.T) {
	t.Parallel()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, place(t))
			s.a.Script = []enginetest.Behaviour{enginetest.Busy, enginetest.Busy, enginetest.Busy, enginetest.Busy}
			w := s.worker(t, "w", Options{})
			for i := range 4 {
				s.take(t, w, fmt.Sprint("d", i), "e1")
			}
			s.wait(t, 4, engine.Query{Run: []engine.RunStatus{engine.RunWaiting}}, 20*time.Second)
			begun := time.Now()
			must(t, w.Close())
			s.worker(t, "w2", Options{})
			s.wait(t, 4, completed, 20*time.Second)
			t.Logf("done %s after the restart", time.Since(begun))
		})
	}
}
