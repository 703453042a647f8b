package engine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run advances submissions with some workers until each has ended, is parked,
// or waits for longer than patience from when it began to wait. It returns
// where each stands, and the errors of those that could not be advanced.
func (e *Engine) Run(ctx context.Context, ids []string, workers int, patience time.Duration) (map[string]Advanced, error) {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		out  = make(map[string]Advanced, len(ids))
		errs []error
		work = make(chan string)
	)
	for range max(1, workers) {
		wg.Go(func() {
			for id := range work {
				a, err := e.follow(ctx, id, patience)
				mu.Lock()
				if out[id] = a; err != nil {
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	wg.Wait()
	return out, errors.Join(errs...)
}

// follow advances one submission through its waits.
func (e *Engine) follow(ctx context.Context, id string, patience time.Duration) (Advanced, error) {
	for {
		a, err := e.Advance(ctx, id)
		if errors.Is(err, ErrHeld) {
			a, err = e.held(ctx, id)
		}
		if err != nil || a.Run != RunWaiting {
			return a, err
		}
		if a.Until.Sub(e.hands.Clock.Now()) > patience {
			return a, nil
		}
		if err := e.hands.Clock.Sleep(ctx, a.Until); err != nil {
			return a, err
		}
	}
}

// held tells of a submission that another owner is at: it is waited for until
// that owner's lease runs out.
func (e *Engine) held(ctx context.Context, id string) (Advanced, error) {
	row, err := e.hands.Log.Submission(ctx, id)
	if err != nil {
		return Advanced{}, err
	}
	a := advanced(row)
	if !row.Run.Ended() && row.Run != RunParked {
		const polite = time.Second // the other may be done long before its lease is over
		a.Run, a.Until = RunWaiting, e.hands.Clock.Now().Add(polite)
		if row.Expires.Before(a.Until) && row.Expires.After(e.hands.Clock.Now()) {
			a.Until = row.Expires
		}
	}
	return a, nil
}

// Due returns the ids of submissions that something is to be done about now:
// the new ones, those a dead process left running, those whose wait is over.
func (e *Engine) Due(ctx context.Context) ([]string, error) {
	rows, err := e.hands.Log.Find(ctx, Query{Due: e.hands.Clock.Now()})
	ids := make([]string, len(rows))
	for i, s := range rows {
		ids[i] = s.ID
	}
	return ids, err
}

// Virtual is a clock that stands still until it is moved. Sleep moves it: time
// passes at once. Safe for concurrent use.
type Virtual struct {
	mu  sync.Mutex
	now time.Time
}

// NewVirtual returns a virtual clock that shows t.
func NewVirtual(t time.Time) *Virtual { return &Virtual{now: t} }

// Now returns what the clock shows.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Sleep moves the clock to t if that is later.
func (v *Virtual) Sleep(ctx context.Context, t time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if t.After(v.now) {
		v.now = t
	}
	return ctx.Err()
}

// Advance moves the clock by d.
func (v *Virtual) Advance(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d)
}
