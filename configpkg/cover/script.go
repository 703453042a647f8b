package cover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// maxRounds bounds how often something may be due at one instant.
const maxRounds = 2000

// script does the steps in their order.
func (w *world) script(ctx context.Context) {
	for i := range w.test.Script {
		st := &w.test.Script[i]
		w.line.armed = i+1 < len(w.test.Script) && w.test.Script[i+1].Restart == "hard"
		if err := w.step(ctx, st); err != nil {
			w.undone(st.Pos, err)
			return
		}
	}
}

// undone reports that a step could not be done, by the rule of the error if it
// has one.
func (w *world) undone(pos diag.Pos, err error) {
	list := findings(err)
	if list == nil {
		list = diag.List{{Rule: RuleStep, Message: err.Error(), Err: err}}
	}
	for _, p := range list {
		if p.Pos.IsZero() {
			p.Pos = pos
		}
		w.problems.Add(p)
	}
}

func (w *world) step(ctx context.Context, st *casetest.Step) error {
	for _, s := range st.State {
		if err := w.setState(ctx, s); err != nil {
			return err
		}
	}
	if st.Scenario != "" {
		return w.setScenario(st.Scenario)
	}
	switch {
	case st.Submit != nil:
		return w.submit(ctx, st.Submit, st.Pos)
	case st.Receive != nil:
		return w.receive(ctx, st.Receive, st.Pos)
	case st.Advance > 0:
		return w.advance(ctx, st.Advance)
	case st.Restart != "":
		return w.restart(ctx)
	case st.Person != nil:
		return w.person(ctx, st.Person)
	case st.Expect != nil:
		w.asked = true
		w.expect(ctx, st.Expect)
	}
	return nil
}

// setScenario sets the scenario of all authorities that have it.
func (w *world) setScenario(name string) error {
	w.scenario = ""
	if name != "none" {
		w.scenario = name
	}
	var first error
	done := false
	for _, a := range w.authorities {
		err := a.SetScenario(name)
		done = done || err == nil
		if err != nil && first == nil {
			first = err
		}
	}
	if done {
		return nil
	}
	return first
}

func (w *world) setState(ctx context.Context, s casetest.State) error {
	object, err := w.cat.ModeObject(w.bundle.Package, s.Name, w.entity, w.test.Environment)
	if err != nil {
		return err
	}
	return w.engine.SetMode(ctx, object, s.Value, "the test", "set by a step of the test")
}

// submit hands documents in and does what is due at once.
func (w *world) submit(ctx context.Context, s *casetest.Submit, pos diag.Pos) error {
	files := []string{s.Document}
	if s.Each != "" {
		var err error
		if files, err = fs.Glob(w.bundle.Package.Files, s.Each); err != nil {
			return err
		}
	}
	for i, file := range files {
		name := s.As
		if s.Each != "" && name != "" {
			name = fmt.Sprintf("%s-%d", s.As, i+1)
		}
		if err := w.hand(ctx, s, file, name, pos); err != nil {
			return err
		}
	}
	return w.settle(ctx)
}

func (w *world) hand(ctx context.Context, s *casetest.Submit, file, name string, pos diag.Pos) error {
	data, err := fs.ReadFile(w.bundle.Package.Files, file)
	if err != nil {
		return err
	}
	original := w.named(s.Original)
	if original != nil {
		data = pointing(data, original.id)
	}
	sub := &submission{id: name, name: name, pos: pos}
	if sub.id == "" {
		sub.id = fmt.Sprintf("submission-%d", len(w.submissions)+1)
	}
	w.submissions = append(w.submissions, sub)
	if s.Scenario != "" {
		w.scenarios[sub.id] = s.Scenario
	}
	row, err := w.engine.Submit(ctx, &engine.Request{ID: sub.id, Document: data, File: file, Entity: w.entity, Environment: w.test.Environment})
	if err != nil {
		if sub.refused = findings(err); sub.refused == nil {
			return err
		}
		return nil
	}
	if original != nil && row.Original != original.id {
		return fmt.Errorf("the document speaks of %q, not of submission %q", row.Original, s.Original)
	}
	return nil
}

// receive brings something in through a channel and does what is due at once.
// A submission made of it is the last one from here on, unless it only brings
// news of another.
func (w *world) receive(ctx context.Context, r *casetest.Receive, pos diag.Pos) error {
	if r.Channel == nil {
		return errors.New("the channel is not there")
	}
	data, err := fs.ReadFile(w.bundle.Package.Files, r.File)
	if err != nil {
		return err
	}
	item, err := w.engine.Take(ctx, w.bundle.Package, r.Channel, w.test.Environment, engine.Incoming{Name: path.Base(r.File), Bytes: data})
	if err != nil {
		return err
	}
	w.items = append(w.items, *item)
	if item.Submission != "" && item.Status == engine.ItemDone {
		row, err := w.log.Submission(ctx, item.Submission)
		if err != nil {
			return err
		}
		if row.Original == "" || r.As != "" { // an event speaks for itself only where the test names it
			w.submissions = append(w.submissions, &submission{id: row.ID, name: r.As, pos: pos})
		}
	}
	return w.settle(ctx)
}

// findings returns the problems in an error, nil if it is another one.
func findings(err error) diag.List {
	var l diag.List
	var p diag.Problem
	switch {
	case errors.As(err, &l):
		return l
	case errors.As(err, &p):
		return diag.List{p}
	}
	return nil
}

// pointing makes a document that names no original speak of one.
func pointing(data []byte, id string) []byte {
	var head map[string]json.RawMessage
	if err := json.Unmarshal(data, &head); err != nil || head["original"] != nil {
		return data
	}
	text := string(data)
	i := strings.IndexByte(text, '{')
	rest := text[i+1:]
	if len(head) > 0 {
		rest = "," + rest
	}
	name, _ := json.Marshal(id)
	return []byte(text[:i+1] + `"original":` + string(name) + rest)
}

// named returns the newest submission of that name, or nil.
func (w *world) named(name string) *submission {
	for i := len(w.submissions) - 1; i >= 0 && name != ""; i-- {
		if w.submissions[i].name == name {
			return w.submissions[i]
		}
	}
	return nil
}

// settle does what is due now, until nothing is.
func (w *world) settle(ctx context.Context) error {
	for range maxRounds {
		ids, err := w.engine.Due(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			_, err := w.engine.Advance(context.WithValue(ctx, submissionKey{}, id), id)
			if w.log.dead {
				return nil // killed; what is left is done after the restart
			}
			if err != nil {
				return err
			}
		}
		left, err := w.engine.Tend(ctx)
		if err != nil || len(ids) == 0 && left == 0 {
			return err
		}
	}
	return diag.Problem{Rule: RuleEndless, Message: fmt.Sprintf("something is due at %s more than %d times", w.clock.Now().Format(time.RFC3339), maxRounds)}
}

// advance moves the clock by d and does everything that falls due, in order.
func (w *world) advance(ctx context.Context, d time.Duration) error {
	target := w.clock.Now().Add(d)
	for {
		if err := w.settle(ctx); err != nil || w.log.dead {
			return err
		}
		next, err := w.next(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(target) {
			break
		}
		if err := w.clock.Sleep(ctx, next); err != nil {
			return err
		}
	}
	if err := w.clock.Sleep(ctx, target); err != nil {
		return err
	}
	return w.settle(ctx)
}

// next returns when something falls due, after now; the zero time if nothing does.
func (w *world) next(ctx context.Context) (time.Time, error) {
	now := w.clock.Now()
	next, err := w.engine.NextTend(ctx)
	if err != nil {
		return next, err
	}
	if !next.After(now) {
		next = time.Time{}
	}
	rows, err := w.log.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunWaiting}})
	for _, s := range rows {
		if s.Until.After(now) && (next.IsZero() || s.Until.Before(next)) {
			next = s.Until
		}
	}
	return next, err
}

// restart forgets the engine and goes on with what the log holds. After a hard
// one, what the killed engine was about to do is recovered.
func (w *world) restart(ctx context.Context) error {
	w.log.dead = true
	if err := w.start(); err != nil {
		return err
	}
	return w.settle(ctx)
}

// person decides on a parked submission.
func (w *world) person(ctx context.Context, p *casetest.Person) error {
	rows, err := w.log.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunParked}})
	if err != nil {
		return err
	}
	for _, s := range rows {
		if p.Step != "" && !w.standsAt(ctx, s.ID, p.Step) {
			continue
		}
		if p.Choose == "cancel" {
			err = w.engine.Cancel(ctx, s.ID, "the test", "a step of the test")
		} else {
			err = w.engine.Resume(ctx, s.ID, "the test", "a step of the test")
		}
		if err != nil {
			return err
		}
		return w.settle(ctx)
	}
	if p.Step == "" {
		return errors.New("nothing is parked")
	}
	return fmt.Errorf("nothing is parked at step %q", p.Step)
}

// standsAt reports whether the last step a submission came to is of that name.
func (w *world) standsAt(ctx context.Context, id, step string) bool {
	r, err := w.engine.Report(ctx, id)
	if err != nil || len(r.Steps) == 0 {
		return false
	}
	for i := len(r.Steps) - 1; i >= 0; i-- {
		st := r.Steps[i]
		if name := st.ID[strings.LastIndexByte(st.ID, '/')+1:]; name == step || strings.HasPrefix(name, step+"#") {
			return st.Outcome != string(engine.Done) && st.Outcome != "skipped"
		}
	}
	return false
}
