package durable

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

// Worker advances submissions until it is closed. It is a Queue.
type Worker struct {
	o     Options
	stop  context.CancelFunc
	done  chan struct{}
	ready chan error
	now   atomic.Pointer[incarnation]
}

// incarnation is a worker between two losses of its presence: it has a name of
// its own, since what the last one had may be with others.
type incarnation struct {
	*queue
	o        Options
	presence *store.Presence
	engine   *engine.Engine
	ready    *ready
	begun    sync.WaitGroup
}

// Open starts a worker and returns when it is ready.
func Open(ctx context.Context, o Options) (*Worker, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	live, stop := context.WithCancel(context.WithoutCancel(ctx))
	w := &Worker{o: o, stop: stop, done: make(chan struct{}), ready: make(chan error, 1)}
	go w.live(live)
	if err := <-w.ready; err != nil {
		stop()
		<-w.done
		return nil, err
	}
	return w, nil
}

// Close lets what is under way come to its next stop, for half a minute at
// most, and ends the worker. What is left goes on elsewhere or with the next start.
func (w *Worker) Close() error {
	w.stop()
	<-w.done
	return nil
}

// Wait returns when the worker has ended.
func (w *Worker) Wait() { <-w.done }

// live runs one incarnation after the other.
func (w *Worker) live(ctx context.Context) {
	defer close(w.done)
	for n, first := 0, true; ctx.Err() == nil; n++ {
		i, err := w.born(ctx, n)
		if err == nil {
			w.now.Store(i)
		}
		if first {
			first = false
			if w.ready <- err; err != nil {
				return
			}
		}
		if err == nil {
			err = i.live(ctx)
		}
		if ctx.Err() == nil {
			w.o.Say.Warn("worker begins anew", "name", w.o.Name, "why", err)
			pause(ctx, time.Second)
		}
	}
}

// grace is how long a worker that is told to end waits for what it has begun.
const (
	grace = 30 * time.Second
	deaf  = 1200 * time.Millisecond // after it no further item is claimed
)

func (w *Worker) born(ctx context.Context, n int) (*incarnation, error) {
	id := fmt.Sprintf("%s/%d/%d", w.o.Name, time.Now().UnixNano(), n)
	p, err := w.o.Log.Enter(ctx, id)
	if err != nil {
		return nil, err
	}
	executor := p.ID
	if !store.IsPostgres(w.o.Place) {
		executor = store.Owner // one at a time: it inherits from the last one
		p.ID = ""
	}
	i := &incarnation{o: w.o, presence: p, ready: newReady(backlog, w.o.Workers)}
	if i.engine, err = w.o.Engine(p.ID); err == nil {
		i.queue, err = openQueue(context.WithoutCancel(ctx), w.o.Place, executor)
	}
	if err == nil {
		err = i.launch(w.o.Workers, i.claimed)
	}
	if err != nil {
		return nil, errors.Join(err, p.Leave(context.WithoutCancel(ctx)))
	}
	for range w.o.Workers {
		i.begun.Go(i.work)
	}
	return i, nil
}

// live beats, buries, sweeps and tidies until the end or until it is buried.
func (i *incarnation) live(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, i.end()) }()
	i.chore("sweep", i.sweep(ctx, true))
	beat, sweep, tidy := time.NewTicker(i.o.Late/5), time.NewTicker(i.o.Sweep), time.NewTicker(time.Hour)
	defer beat.Stop()
	defer sweep.Stop()
	defer tidy.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := i.beat(ctx); err != nil {
				return err
			}
		case <-sweep.C:
			i.chore("sweep", i.sweep(ctx, false))
			_, err := i.engine.Tend(ctx)
			i.chore("tend", err)
		case <-tidy.C:
			_, err := i.Retain(ctx, time.Now().Add(-i.o.Keep))
			i.chore("retention", err)
		}
	}
}

func (i *incarnation) chore(what string, err error) {
	if err != nil {
		i.o.Say.Warn(what, "error", err)
	}
}

// end stops taking items, lets those that were begun come to their next stop,
// puts back those that were not, and leaves.
func (i *incarnation) end() error {
	i.deafen()
	for _, t := range i.ready.end() {
		i.later(t.Item, time.Now())
		t.finish()
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	quiet := make(chan struct{})
	go func() {
		time.Sleep(deaf)
		i.begun.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done():
	}
	return errors.Join(i.shutdown(grace), i.presence.Leave(ctx))
}

// beat shows that this worker lives and takes over from those that do not.
func (i *incarnation) beat(ctx context.Context) error {
	if err := i.presence.Beat(ctx); err != nil {
		return err
	}
	dead, err := i.o.Log.Bury(ctx, i.o.Late)
	i.chore("bury", err)
	for _, id := range dead {
		n, err := i.inherit(id)
		i.chore("inherit", err)
		i.o.Say.Info("took over from a worker that is gone", "worker", id, "items", n)
	}
	if len(dead) > 0 {
		i.chore("sweep", i.sweep(ctx, true))
	}
	return nil
}

// fresh is how long after its last change a submission is left alone by a
// sweep: somebody has just taken it.
const fresh = 15 * time.Second

// sweep takes up what is due by the log and unknown to the queue: what was taken
// just before a crash, or before the queue was lost.
func (i *incarnation) sweep(ctx context.Context, first bool) error {
	known, err := i.underway()
	if err != nil {
		return err
	}
	rows, err := i.o.Log.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting}})
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range rows {
		now := time.Now()
		switch held := s.Owner != "" && s.Expires.After(now) && s.Owner != i.presence.ID && !i.o.Gone(s.Owner); {
		case known[s.ID], held, !first && now.Sub(s.Changed) < fresh:
		case s.Run == engine.RunWaiting && s.Until.After(now):
			errs = append(errs, i.Delay(ctx, ItemOf(s), s.Until))
		default:
			errs = append(errs, i.Start(ctx, ItemOf(s)))
		}
	}
	return errors.Join(errs...)
}

// backlog is how many items wait in memory at most.
const backlog = 4096

// politeness is how long a submission that another worker is at is left alone.
const politeness = time.Second

// claimed takes an item that the queue gives and returns when it has gone on.
func (i *incarnation) claimed(_ context.Context, it Item) {
	done := make(chan struct{})
	if i.ready.put(&task{it, func() { close(done) }}, true) {
		<-done
		return
	}
	i.later(it, time.Now()) // the end has come
}

// Start has a submission advanced as soon as a worker is free. It is not even
// written in the queue unless too many wait: it stands in the log as scheduled,
// where a sweep finds it should this process die.
func (i *incarnation) Start(ctx context.Context, it Item) error {
	if i.ready.put(&task{Item: it}, false) {
		return nil
	}
	return i.queue.Start(ctx, it)
}

func (t *task) finish() {
	if t.done != nil {
		t.done()
	}
}

// work advances what is ready, one after the other.
func (i *incarnation) work() {
	for {
		t := i.ready.take()
		if t == nil {
			return
		}
		i.pass(t.Item)
		i.ready.finished(t)
	}
}

// pass advances a submission once and says when it goes on.
func (i *incarnation) pass(it Item) {
	a, err := i.engine.Advance(context.Background(), it.ID) // it comes to its next stop
	now := time.Now()
	switch {
	case err == nil && a.Run == engine.RunWaiting:
		i.later(it.wokenFor(a.Until), latest(a.Until, now.Add(time.Duration(it.again(a.Until))*politeness)))
	case err == nil, errors.Is(err, engine.ErrNotFound):
	case errors.Is(err, engine.ErrHeld):
		i.later(it, now.Add(politeness).Truncate(politeness))
	default:
		it.Tries++
		i.o.Say.Warn("could not be advanced", "submission", it.ID, "tries", it.Tries, "error", err)
		i.later(it, now.Add(backoff(it.Tries)))
	}
}

// again returns how often an item was woken for a wait that has not ended yet
// by the clock of the engine.
func (i Item) again(until time.Time) int {
	if i.Woke == until.UnixNano() {
		return i.Again + 1
	}
	return 0
}

func (i Item) wokenFor(until time.Time) Item {
	i.Tries, i.Again, i.Woke = 0, i.again(until), until.UnixNano()
	return i
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// later puts an item back. If that fails, the next sweep does it.
func (i *incarnation) later(it Item, at time.Time) {
	i.chore("delay", i.Delay(context.Background(), it, at))
}

func backoff(tries int) time.Duration { return min(time.Second<<min(tries, 9), 5*time.Minute) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (w *Worker) current() *incarnation { return w.now.Load() }

// Start has a submission advanced as soon as a worker is free.
func (w *Worker) Start(ctx context.Context, i Item) error { return w.current().Start(ctx, i) }

// Delay has it advanced when t has come.
func (w *Worker) Delay(ctx context.Context, i Item, t time.Time) error {
	return w.current().Delay(ctx, i, t)
}

// Signal has it advanced now, because something came in.
func (w *Worker) Signal(ctx context.Context, i Item) error { return w.current().Signal(ctx, i) }

// List tells how many items are in which state.
func (w *Worker) List(ctx context.Context) (map[string]int, error) { return w.current().List(ctx) }

// Retain forgets what was done before t.
func (w *Worker) Retain(ctx context.Context, t time.Time) (int, error) {
	return w.current().Retain(ctx, t)
}

// Wake has a submission advanced now: one that was just taken, or about which
// something came in.
func (w *Worker) Wake(ctx context.Context, id string) error {
	s, err := w.o.Log.Submission(ctx, id)
	if err != nil {
		return err
	}
	return w.Start(ctx, ItemOf(s))
}

// Engine returns the engine of the worker, to take submissions with.
func (w *Worker) Engine() *engine.Engine { return w.current().engine }

// Name tells how this worker is known to the others, until it begins anew.
func (w *Worker) Name() string { return strings.TrimPrefix(w.current().presence.ID, "worker/") }

var _ Queue = (*Worker)(nil)
