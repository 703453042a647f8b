package durable

import (
	"fmt"
	"testing"
)

func names(t *testing.T, r *ready, n int) (out string) {
	t.Helper()
	for range n {
		out += r.take().ID
	}
	return out
}

// A partition with much to do does not keep the others from their turn, and
// never has all workers.
func TestPartitionsTakeTurns(t *testing.T) {
	t.Parallel()
	r := newReady(100, 4)
	for i := range 6 {
		r.put(&task{Item: Item{ID: fmt.Sprint("a", i), Partition: "a"}}, false)
	}
	r.put(&task{Item: Item{ID: "b0", Partition: "b"}}, false)
	r.put(&task{Item: Item{ID: "a9", Partition: "a", Priority: 0}}, false)
	if got := names(t, r, 4); got != "a0b0a1a2" {
		t.Errorf("order %s", got)
	}
	r.put(&task{Item: Item{ID: "c0", Partition: "c"}}, false) // a has three of four workers: all it gets
	if got := names(t, r, 1); got != "c0" {
		t.Errorf("next %s", got)
	}
}

func TestLowerPriorityNumberGoesFirst(t *testing.T) {
	t.Parallel()
	r := newReady(100, 8)
	for i, p := range []uint{5, 1, 5, 0} {
		r.put(&task{Item: Item{ID: fmt.Sprint(i), Partition: "a", Priority: p}}, false)
	}
	if got := names(t, r, 4); got != "3102" {
		t.Errorf("order %s", got)
	}
}

// What comes while a submission is under way is not lost, and not under way
// twice at once.
func TestSignalDuringAPassIsAnotherPass(t *testing.T) {
	t.Parallel()
	r := newReady(2, 4)
	done := 0
	item := func() *task { return &task{Item{ID: "a", Partition: "p"}, func() { done++ }} }
	r.put(item(), false)
	r.put(item(), false) // still ready: the same
	first := r.take()
	r.put(item(), false)
	if r.n != 0 {
		t.Fatal("it is under way twice")
	}
	r.finished(first)
	if done != 2 || r.n != 1 {
		t.Fatalf("%d told, %d ready", done, r.n)
	}
	r.finished(r.take())
	if done != 3 || r.n != 0 || len(r.known) != 0 || len(r.parts) != 0 {
		t.Errorf("%d told, left %v %v", done, r.known, r.parts)
	}
	for i := range 2 {
		r.put(&task{Item: Item{ID: fmt.Sprint(i), Partition: "p"}}, false)
	}
	if r.put(item(), false) {
		t.Error("more than the limit")
	}
	if left := r.end(); len(left) != 2 || r.take() != nil || r.put(item(), true) {
		t.Errorf("%d left at the end", len(left))
	}
}
