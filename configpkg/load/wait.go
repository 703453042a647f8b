package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// waitHead reads what kind of wait a step is.
func (l *loader) waitHead(st *stepUnit) {
	n := st.o.get("wait")
	if n == nil {
		st.partial = true
		return
	}
	o := l.object(n, "wait")
	st.wait = o
	st.step.Wait = &engine.Wait{Event: o.word("event"), Pos: n.Pos}
	if len(o.bad) > 0 {
		st.partial = true
		return
	}
	if count(o.has("event"), o.has("until"), o.has("for")) != 1 {
		l.fault(n.Pos, RuleStepForm, "give one of event, until and for", "step %q does not say what it waits for", st.step.ID)
	}
	for _, key := range []string{"key", "or", "within"} {
		if o.has(key) && !o.has("event") {
			l.fault(o.pos(key), RuleStepForm, "", "only a wait for an event has %q", key)
		}
	}
	if st.step.Wait.Event == "" {
		return
	}
	if !o.has("key") {
		l.fault(n.Pos, RuleMissing, "key: what both sides know it by", "a wait for an event without \"key\"")
	}
	l.checks = append(l.checks, func() { l.brought(st.step.Wait) })
}

// waitBody compiles the values of a wait.
func (l *loader) waitBody(st *stepUnit, s *scope) {
	w, o := st.step.Wait, st.wait
	if w == nil || !o.ok() {
		return
	}
	w.Key, w.Or = s.value(o.get("key")), s.value(o.get("or"))
	for key, to := range map[string]*engine.Expr{"within": &w.Within, "for": &w.For} {
		if v := l.span(s, o.get(key)); v != nil {
			*to = v
		}
	}
	w.Until = s.formula(o.get("until"))
	l.instant(w.Until, "until")
	for _, key := range []string{"with", "effect", "retry", "pace", "forEach"} {
		if st.o.has(key) {
			l.fault(st.o.pos(key), RuleStepForm, "", "a step that waits has no %q", key)
		}
	}
	if w.Event == "" && (st.o.has("answer") || st.o.has("repeat")) {
		l.fault(st.step.Pos, RuleStepForm, "", "only an event is answered, and waited for again")
	}
}

// brought checks that a channel of the package brings the event.
func (l *loader) brought(w *engine.Wait) {
	var known []string
	for _, c := range l.pkg.Channels {
		for i := range c.Routes {
			if e := c.Routes[i].Event; e != nil {
				known = append(known, e.Name)
			}
		}
	}
	if !slices.Contains(known, w.Event) && !l.anyBroken("channel") {
		l.fault(w.Pos, RuleRoute, diag.DidYouMean(w.Event, known), "no channel brings an event %q", w.Event)
	}
}

// routeEvent reads the event that the items of a route are.
func (l *loader) routeEvent(r *engine.ChannelRoute, x object, s *scope) {
	n := x.get("event")
	if n == nil {
		return
	}
	o := l.object(n, "event of channel")
	r.Event = &engine.EventRoute{Name: o.word("name"), Key: s.value(o.get("key")), Or: s.value(o.get("or"))}
	l.checks = append(l.checks, func() {
		for _, f := range l.pkg.Flows {
			for _, st := range f.Steps {
				if st.Wait != nil && st.Wait.Event == r.Event.Name {
					return
				}
			}
		}
		l.fault(n.Pos, RuleRoute, "wait: {event: "+r.Event.Name+", key: ...}", "no step waits for event %q", r.Event.Name)
	})
}
