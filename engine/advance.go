package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// runTo moves the run and tells the journal.
func (r *run) runTo(to RunStatus, why diag.Problem, until time.Time, at string) error {
	from := r.sub.Run
	if p := r.pending.row; p != nil {
		probe := *r.sub
		p(&probe)
		from = probe.Run
	}
	if from == to {
		return nil
	}
	if !from.CanMove(to) {
		return fmt.Errorf("submission %q cannot go from %s to %s", r.sub.ID, from, to)
	}
	r.moves++
	earlier := r.pending.row
	r.pending.row = func(s *Submission) {
		if earlier != nil {
			earlier(s)
		}
		s.Run, s.Until, s.Reason, s.Rule = to, until, why.Message, why.Rule
	}
	m := map[string]any{"from": string(from), "to": string(to)}
	if at != "" {
		m["at"] = at
	}
	if why.Rule != "" {
		m["rule"], m["reason"], m["hint"] = why.Rule, why.Message, why.Hint
	}
	if !until.IsZero() {
		m["until"] = until
	}
	return r.note(Entry{Path: fmt.Sprintf("run#%d", r.moves), Kind: EntryRun}, m)
}

// Advanced is where a submission stands after Advance.
type Advanced struct {
	Run    RunStatus
	Status DocStatus
	Until  time.Time // of waiting: when Advance should be called again
	Rule   string    // why it is parked or failed
	Reason string
}

// Advance takes a submission as far as it goes: to its end, to a wait or to
// the desk of a person. It may be called at any time, from any process that
// can get the lease, and does nothing twice. ErrHeld if another owner is at
// it; ErrLostLease if another one took over meanwhile.
func (e *Engine) Advance(ctx context.Context, id string) (Advanced, error) {
	row, err := e.hands.Log.Submission(ctx, id)
	if err != nil {
		return Advanced{}, err
	}
	now := e.now()
	if row.Run.Ended() || row.Run == RunParked || row.Run == RunWaiting && now.Before(row.Until) {
		return advanced(row), nil
	}
	lease, err := e.acquire(ctx, row, now)
	if err != nil {
		return Advanced{}, err
	}
	defer func() { _ = e.hands.Log.Release(context.WithoutCancel(ctx), lease) }()
	r, err := e.start(ctx, id, lease, false)
	if err != nil {
		return Advanced{}, err
	}
	if err := r.pass(); err != nil {
		return Advanced{}, err
	}
	return advanced(r.sub), nil
}

func advanced(s *Submission) Advanced {
	return Advanced{Run: s.Run, Status: s.Status, Until: s.Until, Rule: s.Rule, Reason: s.Reason}
}

// pass runs the flow and writes how the pass ended.
func (r *run) pass() error {
	if err := r.runTo(RunRunning, diag.Problem{}, time.Time{}, ""); err != nil {
		return err
	}
	outcome, err := r.execute()
	var h *halt
	switch {
	case errors.As(err, &h) && h.kind == haltWait:
		err = r.runTo(RunWaiting, h.problem, h.until, h.path)
	case errors.As(err, &h) && h.kind == haltPark:
		err = r.runTo(RunParked, h.problem, time.Time{}, h.path)
	case errors.As(err, &h) && h.kind == haltCall:
		return errors.Join(err, r.flush(nil)) // what led to the call is kept, for the report
	case err != nil:
		return err
	default:
		return r.finish(outcome)
	}
	if err != nil {
		return err
	}
	if r.top != nil && r.publishes() {
		if err := r.publish(r.top, nil); err != nil {
			return err
		}
	}
	return r.flush(nil)
}

// publishes reports whether something that comes in may be about this run's
// document while it still waits.
func (r *run) publishes() bool {
	for _, l := range r.flow.Fields {
		if r.pkg.findable(l.Name) {
			return true
		}
	}
	return false
}

// execute runs the flow from its first step.
func (r *run) execute() (Outcome, error) {
	if err := r.begin(); err != nil {
		return Outcome{}, err
	}
	r.top = r.frame(part{r.pkg, r.flow}, "", nil, 0)
	top, o, err := r.through(r.top, nil)
	r.top = top
	if err == nil && r.sub.Kind != Probe {
		err = r.conclude(r.top, &o)
	}
	return o, err
}
