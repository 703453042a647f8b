package engine

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// pace is how often and how long something is tried.
type pace struct {
	attempts   int // zero: as often as the time allows
	first, max time.Duration
	factor     decimal.Decimal
	within     time.Duration // zero: no limit
}

// The defaults of the language reference, section 6.
var (
	defaultFactor  = decimal.FromInt(2)
	defaultRetry   = pace{attempts: 5, first: 2 * time.Second, factor: defaultFactor, max: 5 * time.Minute}
	defaultRepeat  = pace{first: 2 * time.Second, factor: defaultFactor, max: 5 * time.Minute, within: 24 * time.Hour}
	askAgain       = pace{first: 10 * time.Second, factor: defaultFactor, max: 10 * time.Minute}
	defaultQuota   = time.Minute
	maxResend      = 3
	maxRounds      = 5
	jitterParts    = int64(10) // a delay is longer by up to a tenth
	backoffCeiling = 60        // rounds after which a delay grows no more
)

// pace works out the numbers of a retry or repeat.
func (t *task) pace(r *Retry, d pace) (pace, error) {
	p := d
	if r == nil {
		return p, nil
	}
	var err error
	set := func(e Expr, into *time.Duration) {
		if e != nil && err == nil {
			*into, err = duration(e, t.f.scope)
		}
	}
	set(r.First, &p.first)
	set(r.Max, &p.max)
	set(r.Within, &p.within)
	if r.Attempts > 0 {
		p.attempts = r.Attempts
	} else if r.Within != nil {
		p.attempts = 0
	}
	if r.Attempts > 0 && r.Within == nil {
		p.within = 0
	}
	if r.Factor != nil && err == nil {
		var v any
		if v, err = r.Factor.Eval(t.f.scope); err == nil {
			if n, ok := v.(decimal.Decimal); ok {
				p.factor = n
			} else if text, ok := v.(string); ok {
				p.factor, err = decimal.Parse(text)
			}
		}
	}
	return p, err
}

// after returns how long to wait after the nth try, without jitter.
func (p *pace) after(n int) time.Duration {
	d := decimal.FromInt(int64(p.first))
	limit := decimal.FromInt(int64(max(p.max, p.first)))
	for i := 1; i < n && i < backoffCeiling && d.Cmp(limit) < 0; i++ {
		d = d.Mul(p.factor).Truncate(0)
	}
	if d.Cmp(limit) > 0 {
		d = limit
	}
	v, _ := d.Int64()
	return time.Duration(v)
}

// pursue tries a transient outcome again and repeats one that is not final,
// until it is or the tries run out.
func (t *task) pursue(o Outcome) (Outcome, error) {
	for {
		again, err := t.retry(&o)
		mark := formula.Retried
		if err == nil && !again {
			mark = formula.Asked
			again, err = t.repeat(&o)
		}
		if err != nil || !again {
			return o, err
		}
		t.f.scope.Note(t.st.Pos, mark)
		if o, err = t.attempt(); err != nil {
			return o, err
		}
	}
}

func (t *task) retry(o *Outcome) (bool, error) {
	asTransient := o.Class == Transient || o.Class == Unknown && o.leaf == "" && t.calls > 0
	implicit := t.st.Repeat == nil && !t.f.gives(t.st) && !t.handles(o)
	if !asTransient || t.st.Retry == nil && !implicit {
		return false, nil
	}
	p, err := t.pace(t.st.Retry, defaultRetry)
	if err != nil {
		*o = failure(err, "RUN-STEP")
		return false, nil
	}
	if t.tries++; p.attempts > 0 && t.tries >= p.attempts {
		return false, nil
	}
	again, err := t.pause(o, max(p.after(t.tries), o.Wait), t.limit(p.within))
	if again && err == nil {
		t.grant(o)
	}
	return again, err
}

func (t *task) limit(within time.Duration) time.Time {
	if within == 0 {
		return time.Time{}
	}
	return t.first.Add(within)
}

// pause waits before another try; when the time has run out the outcome is expired.
func (t *task) pause(o *Outcome, d time.Duration, limit time.Time) (bool, error) {
	expired, err := t.wait(d, limit, true)
	if err == nil && expired {
		o.Class = Expired
	}
	return !expired, err
}

// repeat asks again while the answer is not final.
func (t *task) repeat(o *Outcome) (bool, error) {
	rep := t.st.Repeat
	if rep == nil || o.Class == Quota && !t.handles(o) {
		return false, nil
	}
	t.res.ran, t.res.outcome = true, *o
	t.res.all = append(t.res.all, answerFields{*o})
	final, err := t.final(o)
	if final {
		return false, nil
	}
	var p pace
	if err == nil {
		p, err = t.pace(&rep.Retry, defaultRepeat)
	}
	var limit time.Time
	if err == nil {
		limit, err = t.deadline(rep, p.within)
	}
	if err != nil {
		*o = failure(err, "RUN-STEP")
		return false, nil
	}
	if t.repeats++; p.attempts > 0 && t.repeats >= p.attempts {
		if o.Class == Pending {
			o.Class = Expired
		}
		return false, nil
	}
	if problem := t.mayRepeat(o); problem != nil {
		return false, t.park(*problem)
	}
	return t.nextRound(o, max(p.after(t.repeats), o.Wait), limit)
}

// nextRound waits before another round, which has fresh steps where a flow is used.
func (t *task) nextRound(o *Outcome, d time.Duration, limit time.Time) (bool, error) {
	if t.st.Use == "" || t.st.ForEach != nil {
		return t.pause(o, d, limit)
	}
	left := *o
	again, err := t.pause(o, d, limit)
	if o.Class == Expired && left.Class != Expired {
		return again, err // this round was the last: what it gave is seen
	}
	if leaving := t.leave(&left); leaving != nil {
		return again, leaving
	}
	if again && err == nil {
		t.fresh++
		t.r.afresh = true
	}
	return again, err
}

func (t *task) final(o *Outcome) (bool, error) {
	if t.st.Repeat.Until == nil {
		return o.Class != Pending, nil
	}
	v, _, err := t.st.Repeat.Until.EvalBool(t.answerScope(o))
	return v, err
}

// answerScope is the scope of handle and until: it sees class and answer.
func (t *task) answerScope(o *Outcome) *formula.Scope {
	s := t.f.scope.Child()
	s.Set("class", string(o.Class))
	s.Set("answer", answerFields{*o})
	return s
}

func (t *task) deadline(rep *Repeat, within time.Duration) (time.Time, error) {
	limit := t.limit(within)
	if rep.Deadline == nil {
		return limit, nil
	}
	v, err := rep.Deadline.Eval(t.f.scope)
	if at, ok := v.(time.Time); ok && (limit.IsZero() || rep.Within == nil || at.Before(limit)) {
		limit = at
	}
	return limit, err
}

// mayRepeat keeps the fence: a step that sends is not sent again because its
// answer is pending, and a used flow never starts afresh while a step inside
// has sent something that may stand.
func (t *task) mayRepeat(o *Outcome) *diag.Problem {
	fence := func(path string, c Class) *diag.Problem {
		p := diag.Problemf(t.st.Pos, "RUN-FENCE", "step %q cannot be repeated: %s ended %s", t.st.ID, path, c)
		p.Hint = "ask the authority with a look-up; nothing else may be sent"
		return &p
	}
	if t.st.Use == "" {
		if t.st.Effect() == Sends && o.Class != Transient && o.Class != Quota {
			return fence(t.path, o.Class)
		}
		return nil
	}
	for path, l := range t.r.leaves {
		if under(path, t.path) && l.stands() {
			return fence(path, l.class)
		}
	}
	return nil
}

// under reports whether a path is one of the instances of a step.
func under(path, step string) bool {
	if len(path) <= len(step) || path[:len(step)] != step {
		return false
	}
	return path[len(step)] == '#' || path[len(step)] == '['
}

// wait waits d, journalled with the instant it ends, so that a replay waits no
// longer. It is expired, and nothing waits, if the wait would end after limit.
func (t *task) wait(d time.Duration, limit time.Time, jitter bool) (expired bool, err error) {
	t.timers++
	path := fmt.Sprintf("%s~wait%d", t.path, t.timers)
	v, _, err := t.r.found(path, EntryTimer)
	if err != nil {
		return false, err
	}
	if v == nil {
		if t.r.peek {
			return false, &halt{kind: haltEnd}
		}
		if v, err = t.timer(path, d, limit, jitter); err != nil {
			return false, err
		}
	}
	m, _ := v.(map[string]any)
	if gone, _ := m["expired"].(bool); gone {
		return true, nil
	}
	until, _ := m["until"].(time.Time)
	return false, t.r.sleep(until, t.path)
}

func (t *task) timer(path string, d time.Duration, limit time.Time, jitter bool) (any, error) {
	now := t.r.e.now()
	if jitter {
		var b [8]byte
		if _, err := io.ReadFull(t.r.e.hands.Random, b[:]); err != nil {
			return nil, err
		}
		// Later, never earlier: somebody may have asked for this wait.
		if span := int64(d) / jitterParts; span > 0 {
			d += time.Duration(int64(binary.BigEndian.Uint64(b[:])>>1) % span)
		}
	}
	until := now.Add(d)
	m := map[string]any{"until": until}
	if !limit.IsZero() && until.After(limit) {
		m = map[string]any{"expired": true}
	}
	return m, t.r.note(Entry{Path: path, Kind: EntryTimer, At: now}, m)
}

// sleep ends the pass until an instant has come.
func (r *run) sleep(until time.Time, path string) error {
	waiting := r.e.now().Before(until)
	if err := r.overdue(path+"~wait", waiting); err != nil || !waiting {
		return err
	}
	if r.peek {
		return &halt{kind: haltEnd}
	}
	return &halt{kind: haltWait, until: r.earlier(until), path: path,
		problem: diag.Problem{Rule: RuleWaiting, Message: "step " + path + " waits"}}
}
