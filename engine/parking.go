package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// parkAt ends the pass for a person to look at. It comes back here when the
// run is resumed.
func (r *run) parkAt(path string, p diag.Problem) error {
	return &halt{kind: haltPark, path: path, problem: p}
}

// parked ends the pass for a person, unless one has already said to go on.
func (r *run) parked(path string, p diag.Problem) error {
	r.parks[path]++
	at := fmt.Sprintf("%s~park%d", path, r.parks[path])
	if r.journal[entryKey{at, EntryNote}] != nil {
		return nil
	}
	return r.parkAt(at, p)
}

func (t *task) park(p diag.Problem) error { return t.r.parked(t.path, p) }

// stuck says why a step goes no further.
func (t *task) stuck(o *Outcome, rule string) diag.Problem {
	p := diag.Problem{Pos: t.st.Pos, Rule: rule, Message: fmt.Sprintf("step %s ended %s", t.path, o.Class)}
	if o.Code != "" {
		p.Message += " (" + o.Code + ")"
	}
	if says := cmp.Or(PickText(o.Says, ""), o.Text); says != "" {
		p.Message += ": " + says
	}
	if p.Hint = PickText(o.Hint, ""); p.Hint == "" && o.Class == Unknown {
		p.Hint = "nobody knows yet whether the authority has it; look there before anything is sent again"
	}
	return p
}

// overdue looks at the deadlines of the flow before an effect and at waits,
// and does what the flow says of a missed one. A deadline is found missed only
// where the pass is live; elsewhere the journal says where that was.
func (r *run) overdue(path string, live bool) error {
	if r.top == nil || r.stopped {
		return nil
	}
	for i := range r.flow.Deadline {
		d := &r.flow.Deadline[i]
		at, open := r.top.due(d)
		if !open {
			continue
		}
		key := "deadline/" + d.Name
		v, en, err := r.found(key, EntryNote)
		if err != nil {
			return err
		}
		m, _ := v.(map[string]any)
		if en == nil {
			if !live || r.peek || r.e.now().Before(at) {
				continue
			}
			m = map[string]any{"step": path, "at": at, "missed": d.Missed}
			if err := r.note(Entry{Path: key, Kind: EntryNote}, m); err != nil {
				return err
			}
		}
		if m["step"] == path {
			if err := r.missed(d, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// due returns when a deadline falls; open is false if it does not apply or is met.
func (f *frame) due(d *Deadline) (at time.Time, open bool) {
	if d.If != nil {
		if on, _, err := d.If.EvalBool(f.scope); err != nil || !on {
			return at, false
		}
	}
	v, err := d.At.Eval(f.scope)
	at, ok := v.(time.Time)
	return at, ok && err == nil && !f.met(d)
}

func (f *frame) met(d *Deadline) bool {
	for i, st := range f.flow.Steps {
		if st.ID == d.Met {
			res := &f.steps.results[i]
			return res.ran && res.outcome.Class == Done
		}
	}
	return false
}

// missed does what a flow says of a missed deadline.
func (r *run) missed(d *Deadline, key string) error {
	p := diag.Problemf(d.Pos, "RUN-DEADLINE", "deadline %q is missed", d.Name)
	if r.dry { // a preview is of interest after the time as well
		p.Severity = diag.Warning
		r.report.findings.Add(p)
		return nil
	}
	switch d.Missed {
	case "park":
		return r.parked(key, p)
	case "stop":
		for path, l := range r.leaves {
			if l.class == Unknown || l.class == Pending {
				return r.parked(key, p.WithHint("step %s is still %s, so the run may not stop", path, l.class))
			}
		}
		r.stopped = true
		return &stopRun{p}
	}
	return nil
}

// stopRun ends the flow with its finally steps.
type stopRun struct{ problem diag.Problem }

func (s *stopRun) Error() string { return s.problem.Error() }

// earlier returns the first of an instant and the open deadlines after now.
func (r *run) earlier(until time.Time) time.Time {
	if r.top == nil || r.stopped {
		return until
	}
	for i := range r.flow.Deadline {
		d := &r.flow.Deadline[i]
		if at, open := r.top.due(d); open && at.Before(until) && r.journal[entryKey{"deadline/" + d.Name, EntryNote}] == nil {
			until = at
		}
	}
	return until
}
