package durable

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fiscus-project/fiscus/engine"
)

// BenchmarkTableDurableWorkers is 1, 2 and 4 workers on one PostgreSQL log;
// contention is what the server counts as rolled back.
func BenchmarkTableDurableWorkers(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			s := newStage(b, places["postgres"](b))
			var all []*Worker
			for i := range n {
				all = append(all, s.worker(b, fmt.Sprint("w", i), Options{Workers: 8}))
			}
			before := rollbacks(b, s.place)
			b.ResetTimer()
			for i := range b.N {
				s.take(b, all[i%n], fmt.Sprint("d", i), fmt.Sprint("e", i%4))
			}
			for {
				list, err := s.log.Find(context.Background(), engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting}, Limit: 1})
				must(b, err)
				if len(list) == 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
			b.StopTimer()
			b.ReportMetric(float64(rollbacks(b, s.place)-before)/float64(b.N), "rollbacks/op")
		})
	}
}

func rollbacks(b *testing.B, place string) (n int) {
	b.Helper()
	c, err := pgx.Connect(context.Background(), place[:len(place)-len("&pool_max_conns=20")])
	must(b, err)
	defer func() { _ = c.Close(context.Background()) }()
	must(b, c.QueryRow(context.Background(), "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
	return n
}
