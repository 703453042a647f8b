package durable

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// bare opens a queue whose passes are told to got.
func bare(t *testing.T, place string, got func(Item)) *queue {
	t.Helper()
	q, err := openQueue(t.Context(), place, "bare")
	must(t, err)
	must(t, q.launch(4, func(_ context.Context, i Item) { got(i) }))
	t.Cleanup(func() { must(t, q.shutdown(time.Minute)) })
	return q
}

func TestDelayEndsInTime(t *testing.T) {
	t.Parallel()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan time.Time, 10)
			q := bare(t, place(t), func(Item) { got <- time.Now() })
			at := time.Now().Add(1500 * time.Millisecond)
			for range 3 { // the same wait three times is one
				must(t, q.Delay(t.Context(), Item{ID: "a", Partition: "p"}, at))
			}
			late := (<-got).Sub(at)
			t.Logf("%s late", late)
			if late < -10*time.Millisecond || late > 10*time.Second {
				t.Errorf("it came %s after its time", late)
			}
			must(t, q.Signal(t.Context(), Item{ID: "b", Partition: "p"}))
			<-got
			if len(got) > 0 {
				t.Error("one wait, several passes")
			}
		})
	}
}

// Waiting items are rows, not goroutines.
func TestWaitsHoldNoGoroutine(t *testing.T) {
	const n = 5000
	q := bare(t, places["sqlite"](t), func(Item) {})
	before := runtime.NumGoroutine()
	at := time.Now().Add(time.Hour)
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := k; i < n; i += 4 {
				if err := q.Delay(t.Context(), Item{ID: fmt.Sprint("d", i), Partition: "p"}, at); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	states, err := q.List(t.Context())
	must(t, err)
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines before, %d with %d waits", before, after, n)
	}
	if states["delayed"] != n {
		t.Errorf("states: %v", states)
	}
}

func TestWhatIsDoneIsForgotten(t *testing.T) {
	t.Parallel()
	got := make(chan Item, 1)
	q := bare(t, places["sqlite"](t), func(i Item) { got <- i })
	must(t, q.Start(t.Context(), Item{ID: "a", Partition: "p"}))
	must(t, q.Delay(t.Context(), Item{ID: "b", Partition: "p"}, time.Now().Add(time.Hour)))
	<-got
	for {
		states, err := q.List(t.Context())
		must(t, err)
		if states["success"] == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	n, err := q.Retain(t.Context(), time.Now().Add(time.Minute))
	must(t, err)
	states, err := q.List(t.Context())
	must(t, err)
	if n != 1 || states["delayed"] != 1 || states["success"] != 0 {
		t.Errorf("%d forgotten, left %v", n, states)
	}
}
