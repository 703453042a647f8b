package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// bound works out a bound of a counter.
func bound(v *formula.Value, s *formula.Scope, otherwise decimal.Decimal) (decimal.Decimal, error) {
	if v == nil {
		return otherwise, nil
	}
	x, err := v.Eval(s)
	switch n := x.(type) {
	case decimal.Decimal:
		return n, err
	case string:
		return decimal.Parse(n)
	}
	return otherwise, err
}

// object names the object of a state of a package for this run.
func (p part) object(r *run, s *State) (string, error) {
	return stateObject(p.pkg, s, r.sub.Environment, p.scope(r))
}

// stateObject names the object of a state: one per environment, package and
// value of per.
func stateObject(pkg *Package, s *State, env Environment, scope *formula.Scope) (string, error) {
	parts := []string{string(env), pkg.Family(), s.Name}
	for _, p := range s.Per {
		v, err := p.Eval(scope)
		if err != nil {
			return "", err
		}
		text := ""
		switch x := v.(type) {
		case nil:
		case map[string]any: // an entity or document stands for its id
			text, _ = x["id"].(string)
		default:
			if text, err = formula.FormatText(x); err != nil {
				return "", fmt.Errorf("state %q: %w", s.Name, err)
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\x1f"), nil
}

func errNoState(p *Package, name string) error {
	return diag.Problem{Rule: "RUN-STATE", Message: fmt.Sprintf("package %s has no state %q", p.ID, name)}
}

// stateFields is the name "state" of one flow instance.
type stateFields struct{ f *frame }

// Field returns what is seen of a state object, the same in every pass.
func (s *stateFields) Field(name string) (any, bool, error) {
	for i := range s.f.pkg.State {
		if st := &s.f.pkg.State[i]; st.Name == name {
			if st.Kind == "held" {
				if h := s.f.held[name]; h != nil {
					return h.value, true, nil
				}
				return nil, true, nil
			}
			if st.Kind == "pace" {
				v, err := s.f.r.observe(s.f.path+"$state/"+name, func() (any, error) { return s.f.laneValue(st) })
				return v, true, err
			}
			if st.Kind == "cursor" {
				v, err := s.f.r.observe(s.f.path+"$state/"+name, func() (any, error) { return s.f.cursorValue(st) })
				return v, true, err
			}
			if st.Kind != "mode" {
				return nil, true, diag.Problemf(st.Pos, "RUN-STATE", "nothing of a %s is seen in formulas", st.Kind)
			}
			v, err := s.f.r.observe(s.f.path+"$state/"+name, func() (any, error) { return s.f.modeValue(st) })
			return v, true, err
		}
	}
	return nil, false, nil
}

// observe returns a value of the world that is journalled when it is first seen.
func (r *run) observe(path string, look func() (any, error)) (any, error) {
	v, en, err := r.found(path, EntryState)
	if err != nil || en != nil {
		return v, err
	}
	if v, err = look(); err != nil || r.peek {
		return v, err
	}
	return v, r.note(Entry{Path: path, Kind: EntryState}, v)
}

// ModeRow is a mode object as the log keeps it.
type ModeRow struct {
	Value       string      `json:"value"`
	Since       time.Time   `json:"since"`
	Reason      string      `json:"reason,omitempty"`
	By          string      `json:"by"` // "engine", or who
	Environment Environment `json:"environment"`
	Package     string      `json:"package"`
	State       string      `json:"state"`
	Entity      string      `json:"entity,omitempty"` // whose run entered it: probes ask for it
	Checked     time.Time   `json:"checked,omitzero"` // when leaving was last tried
}

// cursorValue is what formulas see of a cursor: how far was read.
func (f *frame) cursorValue(s *State) (any, error) {
	object, err := f.object(f.r, s)
	if err != nil {
		return nil, err
	}
	data, err := f.r.e.hands.Log.Get(f.r.ctx, BucketCursor, object)
	if err != nil {
		return nil, err
	}
	at, err := s.cursor(data)
	return map[string]any{"value": at}, err
}

func (f *frame) modeValue(s *State) (any, error) {
	object, err := f.object(f.r, s)
	if err != nil {
		return nil, err
	}
	row, err := f.r.e.modeRow(f.r.ctx, object)
	if err != nil || row == nil || row.Value == s.Start {
		return map[string]any{"value": s.Start}, err
	}
	m := map[string]any{"value": row.Value, "since": row.Since}
	if row.Reason != "" {
		m["reason"] = row.Reason
	}
	return m, nil
}

func (e *Engine) modeRow(ctx context.Context, object string) (*ModeRow, error) {
	data, err := e.hands.Log.Get(ctx, BucketMode, object)
	if err != nil || data == nil {
		return nil, err
	}
	row := &ModeRow{}
	return row, json.Unmarshal(data, row)
}

// raised counts an answer's raise, in the transaction of its outcome.
func (f *frame) raised(word string) error {
	r := f.r
	now := r.e.now()
	for i := range f.pkg.State {
		s := &f.pkg.State[i]
		for value, enter := range s.Enter {
			if enter.Raised != word {
				continue
			}
			object, err := f.object(r, s)
			if err != nil {
				return err
			}
			within, err := enter.window(f.part.scope(r))
			if err != nil {
				return err
			}
			key := object + "\x1f" + value
			r.pending.more = append(r.pending.more, func(tx LogTx) error { return countRaise(tx, key, now, within, enter.Count) })
		}
	}
	return nil
}

func (m *ModeEnter) window(s *formula.Scope) (time.Duration, error) {
	if m.In == nil {
		return 24 * time.Hour, nil
	}
	return duration(m.In, s)
}

func countRaise(tx LogTx, key string, now time.Time, within time.Duration, count int) error {
	times, err := raiseTimes(tx.Get(BucketRaised, key))
	if err != nil {
		return err
	}
	times = append(slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) > within }), now)
	if extra := len(times) - max(count, 1); extra > 0 {
		times = times[extra:]
	}
	data, err := json.Marshal(times)
	if err != nil {
		return err
	}
	return tx.Set(BucketRaised, key, data)
}

func raiseTimes(data []byte, err error) (times []time.Time, _ error) {
	if err != nil || data == nil {
		return nil, err
	}
	return times, json.Unmarshal(data, &times)
}

// enterModes changes modes whose raises are due and whose probe agrees.
func (f *frame) enterModes() error {
	if f.r.sub.Kind == Probe {
		return nil
	}
	for i := range f.pkg.State {
		s := &f.pkg.State[i]
		for value, enter := range s.Enter {
			if enter.Raised == "" || len(enter.By) > 0 && !slices.Contains(enter.By, "engine") {
				continue
			}
			if err := f.enter(s, value, enter); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *frame) enter(s *State, value string, m *ModeEnter) error {
	r := f.r
	object, err := f.object(r, s)
	if err != nil {
		return err
	}
	times, err := raiseTimes(r.e.hands.Log.Get(r.ctx, BucketRaised, object+"\x1f"+value))
	if err != nil || len(times) < max(m.Count, 1) {
		return err
	}
	row, err := r.e.modeRow(r.ctx, object)
	if err != nil || row != nil && row.Value != s.Start {
		return err
	}
	if m.Probe != "" {
		class, err := r.e.Probe(r.ctx, f.pkg, m.Probe, r.sub.Entity, r.sub.Environment)
		if err != nil || class != Done {
			return err
		}
	}
	next := ModeRow{Value: value, Since: r.e.now(), Reason: m.Raised, By: "engine", Environment: r.sub.Environment, Package: f.pkg.ID, State: s.Name, Entity: r.sub.Entity}
	return r.e.setMode(r.ctx, object, value, next)
}

// setMode writes a mode and its history, and forgets what was raised.
func (e *Engine) setMode(ctx context.Context, object, entered string, row ModeRow) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return e.hands.Log.Write(ctx, Lease{}, func(tx LogTx) error {
		if err := tx.Set(BucketRaised, object+"\x1f"+entered, nil); err != nil {
			return err
		}
		if err := tx.Set(BucketModeLog, object+"\x1f"+row.Since.UTC().Format(time.RFC3339Nano), data); err != nil {
			return err
		}
		return tx.Set(BucketMode, object, data)
	})
}

// BucketModeLog holds every change of a mode, by object and time.
const BucketModeLog = "modelog"

func (p *Package) state(name string) *State {
	if p == nil {
		return nil
	}
	for i := range p.State {
		if p.State[i].Name == name {
			return &p.State[i]
		}
	}
	return nil
}

// by says who may set the value.
func (s *State) by(value string) []string {
	if m := s.Enter[value]; m != nil {
		return m.By
	}
	if value == s.Start && s.Leave != nil {
		return s.Leave.By
	}
	return nil
}

// NextTend returns when Tend has something to do next; the zero time if there
// is no mode to leave.
func (e *Engine) NextTend(ctx context.Context) (next time.Time, err error) {
	err = e.eachMode(ctx, func(_ string, row ModeRow) error {
		_, at, err := e.leaving(row)
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
		return err
	})
	return next, err
}

func (e *Engine) eachMode(ctx context.Context, f func(object string, row ModeRow) error) error {
	all, err := e.hands.Log.Pairs(ctx, BucketMode, "")
	if err != nil {
		return err
	}
	for _, pair := range all {
		var row ModeRow
		if err := json.Unmarshal(pair.Value, &row); err != nil {
			return err
		}
		if err := f(pair.Key, row); err != nil {
			return err
		}
	}
	return nil
}

// leaving returns when leaving a mode is tried next; the zero time if the
// engine does not leave it by itself.
func (e *Engine) leaving(row ModeRow) (*State, time.Time, error) {
	s := e.cat.Package(row.Package, "").state(row.State)
	if s == nil || row.Value == s.Start || s.Leave == nil || s.Leave.Every == nil || s.Leave.Probe == "" || row.Entity == "" ||
		len(s.Leave.By) > 0 && !slices.Contains(s.Leave.By, "engine") {
		return s, time.Time{}, nil
	}
	every, err := duration(s.Leave.Every, formula.NewScope(nil))
	last := row.Since
	if row.Checked.After(last) {
		last = row.Checked
	}
	return s, last.Add(every), err
}
