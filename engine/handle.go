package engine

import (
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// handler returns the deed for an outcome: that of its code, else of its class.
func (t *task) handler(o *Outcome) (*Deed, error) {
	for _, key := range []string{o.Code, string(o.Class)} {
		if key == "" {
			continue
		}
		for i := range t.st.Handle {
			if t.st.Handle[i].On != key {
				continue
			}
			d, err := t.deed(&t.st.Handle[i], o)
			if d != nil || err != nil {
				return d, err
			}
		}
	}
	return nil, nil
}

func (t *task) deed(h *Handler, o *Outcome) (*Deed, error) {
	for i := range h.Deeds {
		d := &h.Deeds[i]
		if d.If == nil {
			return d, nil
		}
		on, _, err := d.If.EvalBool(t.answerScope(o))
		if err != nil || on {
			return d, err
		}
	}
	return nil, nil
}

// handles reports whether the author handles an outcome.
func (t *task) handles(o *Outcome) bool {
	d, err := t.handler(o)
	return d != nil || err != nil
}

// handle applies deeds until the outcome is settled, or the step must be
// attempted again.
func (t *task) handle(o Outcome) (Outcome, disposition, bool, error) {
	for {
		d, err := t.handler(&o)
		if err != nil {
			return failure(err, "RUN-HANDLE"), disposeFail, false, nil
		}
		if d == nil {
			return t.byDefault(o)
		}
		t.f.scope.Note(d.Pos, formula.Chosen)
		next, how, what, err := t.apply(d, o)
		switch {
		case err != nil:
			return o, disposeFail, false, err
		case what == verbAgain:
			return next, disposeOn, true, nil
		case what == verbSettled:
			return next, how, false, nil
		}
		o = next
		if t.rounds++; t.rounds > maxRounds {
			if err := t.park(diag.Problemf(t.st.Pos, "RUN-ROUNDS", "step %q is still %s after %d rounds", t.st.ID, o.Class, maxRounds)); err != nil {
				return o, disposeFail, false, err
			}
			t.rounds = 0
		}
	}
}

type verb uint8

const (
	verbHandle  verb = iota // handle the new outcome
	verbAgain               // attempt the step again
	verbSettled             // that is it
)

// apply does one deed.
func (t *task) apply(d *Deed, o Outcome) (Outcome, disposition, verb, error) {
	switch {
	case d.Do == "continue":
		return o, disposeOn, verbSettled, nil
	case d.Do == "stop":
		return o, disposeStop, verbSettled, nil
	case d.Do == "park":
		if err := t.park(t.stuck(&o, "RUN-PARKED")); err != nil {
			return o, 0, 0, err
		}
		return o, 0, t.resumed(&o), nil
	case d.Do == "resend":
		return t.resend(o, false)
	case d.Class != "":
		return t.reclass(d, o)
	case d.Use != "":
		return t.ask(d, o)
	case d.Wait != nil:
		wait, err := duration(d.Wait, t.answerScope(&o))
		if err != nil {
			return failure(err, "RUN-HANDLE"), disposeFail, verbSettled, nil
		}
		if _, err := t.wait(wait, time.Time{}, false); err != nil {
			return o, 0, 0, err
		}
		return o, 0, t.resumed(&o), nil
	}
	return t.renew(d, o)
}

// resumed says how to go on after a wait or a person's word: what may have
// been sent is only handled again, never attempted again.
func (t *task) resumed(o *Outcome) verb {
	if l := t.r.leaves[o.leaf]; l != nil && (l.stands() || l.class == Verdict) {
		return verbHandle
	}
	t.tries, t.repeats = 0, 0
	t.grant(o)
	return verbAgain
}

// reclass gives the outcome another class, as far as the fence allows.
func (t *task) reclass(d *Deed, o Outcome) (Outcome, disposition, verb, error) {
	if l := t.r.leaves[o.leaf]; l != nil && l.class == Unknown {
		switch d.Class {
		case Transient, Missing, Done, Precondition, Quota, Failed:
			err := t.park(diag.Problemf(d.Pos, "RUN-FENCE", "unknown cannot become %s: step %q may have been sent", d.Class, t.st.ID).
				WithHint("handle unknown with a look-up that only reads"))
			return o, 0, verbHandle, err
		}
	}
	o.Class = d.Class
	return o, 0, verbHandle, nil
}

// ask runs a flow whose answer becomes this step's.
func (t *task) ask(d *Deed, o Outcome) (Outcome, disposition, verb, error) {
	with, err := t.inputs(d.With, t.answerScope(&o))
	if err != nil {
		return failure(err, "RUN-HANDLE"), disposeFail, verbSettled, nil
	}
	t.lookups++
	t.r.report.looking++
	answer, outs, err := t.f.use(d.Use, fmt.Sprintf("%s~%d/", t.path, t.lookups), with)
	t.r.report.looking--
	t.r.step = t.path
	if err != nil {
		return o, 0, 0, err
	}
	l := t.r.leaves[o.leaf]
	if l == nil || !l.stands() {
		for name, v := range outs {
			if t.res.outs == nil {
				t.res.outs = Outputs{}
			}
			t.res.outs[name] = v
		}
		return answer, 0, verbHandle, nil
	}
	return t.learn(d, l, o, answer)
}

// learn takes what a look-up says of something that may have been sent. Only a
// clear word changes what is known; a look-up that did not come through leaves
// it as it was, to be asked again.
func (t *task) learn(d *Deed, l *leaf, o, answer Outcome) (Outcome, disposition, verb, error) {
	before := o
	o.merge(&answer)
	switch answer.Class {
	case Done, Verdict, Pending, Duplicate:
		if l.class == Unknown || l.class == Duplicate {
			t.r.report.recovered(d.Use)
		}
		l.class = answer.Class
		o.Class = answer.Class
		t.r.judged(fmt.Sprintf("%s~%d", t.path, t.lookups), l, &o)
		if answer.Class == Pending {
			_, err := t.wait(max(askAgain.after(t.lookups), answer.Wait), time.Time{}, true)
			return o, 0, verbHandle, err
		}
		return o, 0, verbHandle, nil
	case Missing:
		if sure := l.notAfter.Add(t.r.e.options.Skew); answer.asked.Before(sure) {
			// The bytes may still be under way: ask again when they cannot be.
			t.rounds--
			_, err := t.wait(sure.Sub(answer.asked), time.Time{}, false)
			return before, 0, verbHandle, err
		}
		l.class, o.Class = Missing, Missing
		return o, 0, verbHandle, nil
	case Precondition, Failed, Expired:
		if answer.Wait == 0 { // asking again by itself would not help
			err := t.park(t.stuck(&answer, reasons[answer.Class]))
			return o, 0, verbHandle, err
		}
	}
	_, err := t.wait(max(askAgain.after(t.lookups), answer.Wait), time.Time{}, true)
	return o, 0, verbHandle, err
}

// merge lets the words of a look-up win.
func (o *Outcome) merge(a *Outcome) {
	o.Findings = append(o.Findings, a.Findings...)
	switch a.Class {
	case Done, Verdict, Pending, Duplicate, Missing:
	default:
		return
	}
	from, leaf, fields, findings := o.from, o.leaf, o.Fields, o.Findings
	*o = *a
	o.from, o.leaf, o.Findings = from, leaf, findings
	if len(fields) > 0 {
		all := make(map[string]any, len(fields)+len(a.Fields))
		for k, v := range fields {
			all[k] = v
		}
		for k, v := range a.Fields {
			all[k] = v
		}
		o.Fields = all
	}
}

// resend sends the same bytes again: because the authority never got them, or
// because the package vouches that it sorts doubles out.
func (t *task) resend(o Outcome, absent bool) (Outcome, disposition, verb, error) {
	l := t.r.leaves[o.leaf]
	if l == nil {
		return failure(diag.Problemf(t.st.Pos, "RUN-HANDLE", "step %q sent nothing that could be sent again", t.st.ID), ""), disposeFail, verbSettled, nil
	}
	if t.resent++; t.resent > maxResend {
		if absent {
			t.r.back(fmt.Sprintf("%s~absent%d", t.path, t.lookups), "found absent")
		}
		t.resent = 0
		err := t.park(diag.Problemf(t.st.Pos, "RUN-RESEND", "step %q was sent again %d times and is still %s", t.st.ID, maxResend, o.Class))
		return o, 0, verbHandle, err
	}
	if !absent {
		if _, err := t.wait(defaultRetry.after(t.resent), time.Time{}, true); err != nil {
			return o, 0, 0, err
		}
		t.r.report.recovered("resend")
	} else {
		t.r.back(fmt.Sprintf("%s~absent%d", t.path, t.lookups), "found absent")
	}
	l.may++
	t.grant(&o)
	return o, 0, verbAgain, nil
}

// grant allows the call an outcome came from another attempt, where it is not
// this step's own.
func (t *task) grant(o *Outcome) {
	if at := o.from; at != "" && at != t.path {
		t.r.grants[at]++
	}
}

// byDefault is what happens when nothing handles the outcome.
func (t *task) byDefault(o Outcome) (Outcome, disposition, bool, error) {
	gives := t.f.gives(t.st)
	l := t.r.leaves[o.leaf]
	switch o.Class {
	case Done:
		return o, disposeOn, false, nil
	case Failed:
		return o, disposeFail, false, nil
	case Missing:
		if l != nil {
			_, how, what, err := t.resend(o, true)
			return o, how, what == verbAgain, err
		}
	case Verdict:
		return o, disposeStop, false, nil
	}
	if gives {
		return o, disposeStop, false, nil
	}
	switch {
	case o.Class == Quota, o.Class == Precondition && o.Wait > 0:
		d := o.Wait
		if d == 0 {
			d = defaultQuota
		}
		_, err := t.wait(d, time.Time{}, true)
		t.grant(&o)
		return o, disposeOn, true, err
	}
	if err := t.park(t.stuck(&o, reasons[o.Class])); err != nil {
		return o, disposeFail, false, err
	}
	if t.resumed(&o) == verbAgain {
		return o, disposeOn, true, nil
	}
	return t.handle(o)
}
