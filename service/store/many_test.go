package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/pgtest"
)

const many = 100_000

// fill puts submissions in a log that is empty, past its interface.
func (s *Store) fill(b *testing.B) {
	b.Helper()
	ctx := context.Background()
	statuses := []engine.DocStatus{engine.DocAccepted, engine.DocRejected, engine.DocPending, engine.DocAccepted}
	for from := 0; from < many; from += 5000 {
		write := func(insert func(*engine.Submission) error) error {
			for i := from; i < from+5000; i++ {
				r := row(fmt.Sprintf("s%06d", i))
				r.Input, r.Entity, r.Run, r.Status = nil, fmt.Sprint("e", i%40), engine.RunCompleted, statuses[i%4]
				r.Accepted = noon.Add(time.Duration(i) * time.Second)
				if i%100 == 0 {
					r.Run, r.Until = engine.RunWaiting, noon.Add(time.Duration(i)*time.Minute)
				}
				if err := insert(r); err != nil {
					return err
				}
			}
			return nil
		}
		must(b, s.backend.Write(ctx, engine.Lease{}, func(tx engine.LogTx) error { return write(tx.Update) }))
	}
}

// BenchmarkTableFindAmongMany lists and searches among 100,000 submissions; p95
// is over all questions together.
func BenchmarkTableFindAmongMany(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			var s *Store
			if name == "sqlite" {
				s = open(b, filepath.Join(b.TempDir(), "log.db"))
			} else {
				c := pgtest.Shared(b)
				s = open(b, c.URL(c.Database(b)))
			}
			s.fill(b)
			questions := []engine.Query{{Limit: 50}, {Entity: "e7", Limit: 50}, {Entity: "e7", Status: []engine.DocStatus{engine.DocRejected}, Limit: 50},
				{DocumentID: "doc-s054321"}, {Since: noon.Add(90_000 * time.Second), Limit: 50}, {Due: noon.Add(1000 * time.Minute), Limit: 50},
				{Run: []engine.RunStatus{engine.RunParked}, Limit: 50}, {Limit: 50, After: "s090000"}}
			var took []time.Duration
			b.ResetTimer()
			for i := range b.N {
				begun := time.Now()
				_, err := s.Find(context.Background(), questions[i%len(questions)])
				must(b, err)
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
