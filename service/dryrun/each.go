package dryrun

import (
	"context"
	"sync"
)

// ahead is how many pieces of work may be done before the first of them is
// taken, for each worker: it bounds memory.
const ahead = 8

// Each does n pieces of work with some workers and hands the results to take,
// one at a time in the order of their numbers. The first error of take, or the
// end of ctx, ends it.
func Each[T any](ctx context.Context, n, workers int, do func(ctx context.Context, i int) T, take func(i int, result T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	workers = max(workers, 1)
	type job struct {
		i   int
		out chan T
	}
	jobs, order := make(chan job), make(chan chan T, ahead*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range jobs {
				j.out <- do(ctx, j.i)
			}
		})
	}
	wg.Go(func() {
		defer close(jobs)
		defer close(order)
		for i := range n {
			j := job{i, make(chan T, 1)}
			select {
			case <-ctx.Done():
				return
			case order <- j.out:
			}
			jobs <- j
		}
	})
	defer wg.Wait()
	defer cancel()
	i := 0
	for out := range order {
		if err := take(i, <-out); err != nil {
			cancel()
			for range order { // let go of what is under way
			}
			return err
		}
		i++
	}
	return ctx.Err()
}
