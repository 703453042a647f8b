package engine

import (
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// BucketPace holds by object of kind pace when calls were or will be made.
const BucketPace = "pace"

// laneRow is a lane in which calls queue: each has its place, first come first
// served.
type laneRow struct {
	Times  []time.Time `json:"times"` // in order; places that lie ahead included
	Closed time.Time   `json:"closed,omitzero"`
}

// window is a limit of a lane, worked out.
type window struct {
	count int
	in    time.Duration
}

func (s *State) windows(scope *formula.Scope) ([]window, error) {
	out := make([]window, len(s.Limits))
	for i, l := range s.Limits {
		in, err := duration(l.In, scope)
		if err != nil {
			return nil, err
		}
		out[i] = window{l.Count, in}
	}
	return out, nil
}

// free returns the first instant from now on at which one more call keeps all
// limits. Places are given in order, so only the last ones count.
func (l *laneRow) free(now time.Time, limits []window) time.Time {
	t := now
	if l.Closed.After(t) {
		t = l.Closed
	}
	for _, w := range limits {
		if n := len(l.Times) - w.count; n >= 0 && l.Times[n].Add(w.in).After(t) {
			t = l.Times[n].Add(w.in)
		}
	}
	return t
}

// take gives the place at t away and forgets what no limit looks back at.
func (l *laneRow) take(t time.Time, limits []window) {
	keep := 0
	for _, w := range limits {
		keep = max(keep, w.count)
	}
	if l.Times = append(l.Times, t); len(l.Times) > keep {
		l.Times = l.Times[len(l.Times)-keep:]
	}
}

// queue waits for the place of this attempt in the lane of its step.
func (x *attempt) queue() error {
	if x.t.st.Pace == "" {
		return nil
	}
	s := x.t.f.pkg.state(x.t.st.Pace)
	if s == nil {
		return errNoState(x.t.f.pkg, x.t.st.Pace)
	}
	object, err := x.t.f.object(x.r, s)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := x.place(s, object, n); err != nil {
			return err
		}
		row, err := getRow[laneRow](x.r.e.hands.Log.Get(x.r.ctx, BucketPace, object))
		if err != nil || row == nil || !row.Closed.After(x.r.e.now()) {
			return err
		}
		// The lane was closed while this call waited: it queues again.
	}
}

// place takes the nth place of this attempt, journalled, and waits for it.
func (x *attempt) place(s *State, object string, n int) error {
	r, path := x.r, fmt.Sprintf("%s~pace%d", x.path, n)
	v, en, err := r.found(path, EntryTimer)
	if err != nil {
		return err
	}
	if m, ok := v.(map[string]any); en != nil && ok {
		until, _ := m["until"].(time.Time)
		return r.sleep(until, x.t.path)
	}
	limits, err := s.windows(x.t.f.part.scope(r))
	if err != nil {
		return err
	}
	now := r.e.now()
	var at time.Time
	err = r.flush(func(tx LogTx) error {
		row, err := getRow[laneRow](tx.Get(BucketPace, object))
		if err != nil {
			return err
		}
		if row == nil {
			row = &laneRow{}
		}
		at = row.free(now, limits)
		row.take(at, limits)
		if err := setRow(tx, BucketPace, object, row); err != nil {
			return err
		}
		data, err := EncodeValue(map[string]any{"until": at})
		if err != nil {
			return err
		}
		en = &Entry{Path: path, Kind: EntryTimer, At: now, Epoch: r.lease.Epoch, Data: data}
		return tx.Append(r.sub.ID, *en)
	})
	if err != nil {
		return err
	}
	r.journal[entryKey{path, EntryTimer}] = en
	return r.sleep(at, x.t.path)
}

// closing closes the lane of the step where the answer asks for that.
func (x *attempt) closing(o *Outcome) error {
	wait := o.Pause
	if o.Class == Quota {
		wait = max(wait, o.Wait)
	}
	s := x.t.f.pkg.state(x.t.st.Pace)
	if wait <= 0 || x.t.st.Pace == "" || s == nil {
		return nil
	}
	object, err := x.t.f.object(x.r, s)
	if err != nil {
		return err
	}
	until := x.r.e.now().Add(wait)
	x.r.pending.more = append(x.r.pending.more, func(tx LogTx) error {
		row, err := getRow[laneRow](tx.Get(BucketPace, object))
		if err != nil {
			return err
		}
		if row == nil {
			row = &laneRow{}
		}
		if until.After(row.Closed) {
			row.Closed = until
		}
		return setRow(tx, BucketPace, object, row)
	})
	return nil
}

// laneValue is what formulas see of a lane: when the next call may be made.
func (f *frame) laneValue(s *State) (any, error) {
	object, err := f.object(f.r, s)
	if err != nil {
		return nil, err
	}
	row, err := getRow[laneRow](f.r.e.hands.Log.Get(f.r.ctx, BucketPace, object))
	if err != nil {
		return nil, err
	}
	if row == nil {
		row = &laneRow{}
	}
	limits, err := s.windows(f.part.scope(f.r))
	return map[string]any{"free": row.free(f.r.e.now(), limits)}, err
}
