package main

import (
	"context"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// watch shows how many of many submissions have ended, until the function it
// returns is called.
func (a *app) watch(ctx context.Context, s *session, ids []string) func() {
	if len(ids) < 20 {
		return func() {}
	}
	bar := a.progress("documents")
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				bar.end()
				return
			case <-tick.C:
				bar.set(ended(ctx, s, ids), len(ids))
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

func ended(ctx context.Context, s *session, ids []string) int {
	mine := make(map[string]bool, len(ids))
	for _, id := range ids {
		mine[id] = true
	}
	open, err := s.store.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting}})
	if err != nil {
		return 0
	}
	left := 0
	for _, o := range open {
		if mine[o.ID] {
			left++
		}
	}
	return len(ids) - left
}
