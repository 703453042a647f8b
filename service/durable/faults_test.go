package durable

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/pgtest"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/service/host"
)

// judge checks by the authority, which takes whatever comes, that each document
// came once.
func (s *stage) judge(t *testing.T, n int) {
	t.Helper()
	got, twice := s.a.Taken()
	if got != n || twice != 0 {
		t.Errorf("the authority has %d of %d documents, %d twice", got, n, twice)
	}
}

func (s *stage) takeMany(t *testing.T, w *Worker, n int) {
	for i := range n {
		s.take(t, w, fmt.Sprint("d", i), fmt.Sprint("e", i%4))
	}
}

// The database goes away in the middle, for 30 s in whole runs.
func TestDatabaseIsAwayWhileWorking(t *testing.T) {
	t.Parallel()
	away := 3 * time.Second
	if sharedtest.Full() {
		away = 30 * time.Second
	}
	c := pgtest.Start(t)
	s := newStage(t, c.URL(c.Database(t)))
	w := s.worker(t, "w", Options{Late: 5 * time.Second, Sweep: 5 * time.Second})
	const n = 60
	s.takeMany(t, w, n)
	for sent, _ := s.a.Taken(); sent < 10; sent, _ = s.a.Taken() {
		time.Sleep(time.Millisecond)
	}
	c.Stop(t)
	time.Sleep(away)
	c.Start(t)
	begun := time.Now()
	s.wait(t, n, completed, time.Minute)
	t.Logf("%d done %s after the database came back", n, time.Since(begun))
	s.judge(t, n)
}

// The database fails over to a standby that has every commit.
func TestDatabaseFailsOverWhileWorking(t *testing.T) {
	t.Parallel()
	one := pgtest.Start(t)
	name := one.Database(t)
	two := one.Standby(t)
	s := newStage(t, fmt.Sprintf("postgres://fiscus@127.0.0.1:%d,127.0.0.1:%d/%s?sslmode=disable&target_session_attrs=read-write", one.Port(), two.Port(), name))
	w := s.worker(t, "w", Options{Late: 5 * time.Second, Sweep: 5 * time.Second})
	const n = 60
	s.takeMany(t, w, n)
	for sent, _ := s.a.Taken(); sent < 10; sent, _ = s.a.Taken() {
		time.Sleep(time.Millisecond)
	}
	one.Stop(t)
	two.Promote(t)
	begun := time.Now()
	s.wait(t, n, completed, time.Minute)
	t.Logf("%d done %s after the fail-over", n, time.Since(begun))
	s.judge(t, n)
}

// stepped is a clock that can be set wrong.
type stepped struct {
	host.Clock
	by atomic.Int64
}

// Now returns the present time as the clock shows it.
func (c *stepped) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

// Sleep is not used: waits are rows.
func (c *stepped) Sleep(ctx context.Context, t time.Time) error { return c.Clock.Sleep(ctx, t) }

// The clock is set back by an hour and forth again: nothing is sent twice, and
// all goes on.
func TestClockIsSetBackAndForth(t *testing.T) {
	t.Parallel()
	s := newStage(t, places["sqlite"](t))
	clock := &stepped{}
	s.clock = clock
	for range 12 {
		s.a.Script = append(s.a.Script, enginetest.Lost, enginetest.Accept, enginetest.Busy)
	}
	w := s.worker(t, "w", Options{Sweep: 2 * time.Second})
	const n = 40
	s.takeMany(t, w, n/2)
	clock.by.Store(int64(-time.Hour))
	for i := n / 2; i < n; i++ {
		s.take(t, w, fmt.Sprint("d", i), "e0")
	}
	time.Sleep(1500 * time.Millisecond)
	clock.by.Store(0)
	s.wait(t, n, completed, 40*time.Second)
	s.judge(t, n)
}
