package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// rulePlanned is why a run waits for its plan to be applied: a plan holds it,
// and only applying the plan or canceling the submission lets go of it.
const rulePlanned = "RUN-PLANNED"

// Planned is what a plan fixes of a run: everything up to its first call that
// changes the world.
type Planned struct {
	Submission string            `json:"submission"`
	Package    string            `json:"package"`
	Version    string            `json:"version"`
	Digest     string            `json:"digest"`
	Flow       string            `json:"flow"`
	Document   string            `json:"document"` // SHA-256 of its bytes
	Clock      time.Time         `json:"clock"`    // what the steps take the time to be
	Held       map[string]string `json:"held"`     // what the log holds for the run, by step: SHA-256
	Facts      map[string]string `json:"facts"`    // what the run is built on, by name
	Call       CallReport        `json:"call"`     // with slots where secrets go
	Body       []byte            `json:"body"`
	Sent       string            `json:"sent"` // keyed digest of the call, secrets included
}

// Drift is one thing that is not as the plan has it.
type Drift struct {
	What string `json:"what"` // package, flow, document, parameter, entity, key, number, clock, bytes, ...
	Name string `json:"name,omitempty"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Plan takes a document up to its first call that changes the world and holds
// the run there: numbers are drawn, everything is signed, questions are asked.
// A document that is planned already is planned again with the same numbers.
// facts tells what the run is built on, by name.
func (e *Engine) Plan(ctx context.Context, req *Request, facts func(context.Context, *Submission) (map[string]string, error)) (*Planned, error) {
	sub, err := e.Submit(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := e.unhold(ctx, sub); err != nil {
		return nil, err
	}
	r, call, err := e.planPass(ctx, sub.ID)
	if err != nil {
		return nil, err
	}
	out, err := r.planned(ctx, call)
	if err != nil {
		return nil, err
	}
	out.Facts, err = facts(ctx, r.sub)
	return out, err
}

// unhold lets a run that was planned be planned anew.
func (e *Engine) unhold(ctx context.Context, s *Submission) error {
	switch {
	case s.Run == RunParked && s.Rule == rulePlanned:
		return e.let(ctx, s.ID, "plan", "planned again", "plan")
	case s.Run == RunScheduled || s.Run == RunRunning:
		return nil
	}
	return diag.Problem{Rule: "RUN-PLAN", Message: fmt.Sprintf("submission %q is %s; only what was not sent is planned", s.ID, s.Run),
		Hint: "fiscus submission show tells where it stands"}
}

// planPass runs to the first call that sends, and parks there.
func (e *Engine) planPass(ctx context.Context, id string) (*run, *halt, error) {
	lease, err := e.hands.Log.Acquire(ctx, id, e.options.Owner, e.now(), e.options.LeaseTTL)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = e.hands.Log.Release(context.WithoutCancel(ctx), lease) }()
	r, err := e.start(ctx, id, lease, false)
	if err != nil {
		return nil, nil, err
	}
	r.plan = true
	err = r.pass()
	var stop *halt
	if !errors.As(err, &stop) || stop.kind != haltCall {
		if err == nil {
			err = diag.Problem{Rule: "RUN-PLAN", Message: fmt.Sprintf("the run of submission %q ends before anything would be sent: it is %s", id, r.sub.Run)}
		}
		return nil, nil, err
	}
	if err = r.runTo(RunParked, diag.Problem{Rule: rulePlanned, Message: "a plan holds the run",
		Hint: "apply the plan, or cancel the submission"}, time.Time{}, ""); err != nil {
		return nil, nil, err
	}
	return r, stop, r.flush(nil)
}

// planned tells what the plan fixes.
func (r *run) planned(ctx context.Context, stop *halt) (*Planned, error) {
	held, err := r.e.holds(ctx, r.sub.ID)
	if err != nil {
		return nil, err
	}
	s := r.sub
	p := &Planned{Submission: s.ID, Package: s.Package, Version: s.Version, Digest: s.Digest, Flow: s.Flow, Document: s.Document,
		Held: held, Call: *callReport(stop.path, stop.call, Sends), Sent: r.sentDigest(stop.call)}
	p.Body = p.Call.Body
	if en := r.journal[entryKey{"$begin", EntryBegin}]; en != nil {
		p.Clock = en.At
	}
	return p, nil
}

// sentDigest is the digest that an intent of the call would have.
func (r *run) sentDigest(c *Call) string {
	return (&attempt{r: r, t: &task{}, call: c}).digest()
}

// holds returns digests of what the log holds for a run: what was begun with,
// drawn, read and decided. Moves of the run itself do not count.
func (e *Engine) holds(ctx context.Context, id string) (map[string]string, error) {
	entries, err := e.hands.Log.Journal(ctx, id)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, en := range entries {
		switch en.Kind {
		case EntryRun, EntryNote:
			continue
		}
		sum := sha256.New()
		_ = json.NewEncoder(sum).Encode([]any{en.At, en.Data, en.Blobs})
		name := "log " + string(en.Kind) + " "
		if en.Kind == EntryRecord {
			name = "number "
		}
		out[name+en.Path] = hex.EncodeToString(sum.Sum(nil))
	}
	return out, nil
}

// Drifts tells in what the world is no longer as a plan has it. Nothing is
// sent or written. facts tells what the run would be built on now.
func (e *Engine) Drifts(ctx context.Context, p *Planned, facts func(context.Context, *Submission) (map[string]string, error)) ([]Drift, error) {
	row, err := e.hands.Log.Submission(ctx, p.Submission)
	if errors.Is(err, ErrNotFound) {
		return []Drift{{What: "submission", Old: p.Submission, New: "not in this log"}}, nil
	}
	if err != nil {
		return nil, err
	}
	var d drifts
	if row.Run != RunParked || row.Rule != rulePlanned {
		d.differ("number", "reservation", "held", "the run is "+string(row.Run))
		return d.list, nil
	}
	d.differ("document", "", p.Document, row.Document)
	d.differ("flow", "", p.Flow, row.Flow)
	installed := "not installed"
	if k := e.cat.Package(p.Package, p.Version); k != nil {
		installed = k.Digest
	}
	d.differ("package", p.Package+"@"+p.Version, p.Digest, installed)
	held, err := e.holds(ctx, p.Submission)
	if err != nil {
		return nil, err
	}
	d.maps(p.Held, held)
	now, err := facts(ctx, row)
	if err != nil {
		return nil, err
	}
	d.maps(p.Facts, now)
	if len(d.list) > 0 {
		return d.list, nil
	}
	return d.list, e.sameCall(ctx, p, &d)
}

// sameCall works the call out again, on a scratch copy.
func (e *Engine) sameCall(ctx context.Context, p *Planned, d *drifts) error {
	h := e.hands
	h.Log, h.Transport = NewMemory(h.Log), nil
	scratch := e.With(h)
	if err := scratch.let(ctx, p.Submission, "plan", "worked out again", "plan"); err != nil {
		return err
	}
	r, stop, err := scratch.planPass(ctx, p.Submission)
	var problem diag.Problem
	if errors.As(err, &problem) {
		d.differ("bytes", p.Call.Step, "as planned", problem.Message)
		return nil
	}
	if err != nil {
		return err
	}
	d.differ("bytes", stop.path, p.Sent, r.sentDigest(stop.call))
	return nil
}

// Apply sends a run that a plan holds on its way. Drifts must have found
// nothing; the first call that changes the world leaves only if it is the one
// of the plan, byte for byte.
func (e *Engine) Apply(ctx context.Context, p *Planned, who string) error {
	return e.let(ctx, p.Submission, who, "the plan is applied", "apply")
}

// Guard returns a transport that lets the first call that changes the world
// pass only if it is the planned one.
func (e *Engine) Guard(p *Planned) Transport {
	return &guard{next: e.hands.Transport, want: p.Sent, key: e.hands.DigestKey}
}

type guard struct {
	next   Transport
	want   string
	key    []byte
	passed bool
}

// Do makes the call, or refuses it before anything is written. One run only.
func (g *guard) Do(ctx context.Context, c *Call, gate Gate) *Response {
	if !c.Reads && !g.passed {
		r := &run{e: &Engine{hands: Hands{DigestKey: g.key}}}
		if r.sentDigest(c) != g.want {
			return &Response{Code: CodeConnect, Reason: "this is not the call of the plan; nothing was sent"}
		}
		g.passed = true
	}
	return g.next.Do(ctx, c, gate)
}

// let moves a run that a plan holds to running.
func (e *Engine) let(ctx context.Context, id, who, reason, deed string) error {
	return e.intervene(ctx, id, who, reason, deed, func(s *Submission) (RunStatus, error) {
		if s.Run != RunParked || s.Rule != rulePlanned {
			return "", diag.Problem{Rule: "RUN-PLAN", Message: fmt.Sprintf("no plan holds submission %q: it is %s", id, s.Run)}
		}
		return RunRunning, nil
	})
}

type drifts struct{ list []Drift }

func (d *drifts) differ(what, name, old, new string) {
	if old != new {
		d.list = append(d.list, Drift{what, name, old, new})
	}
}

// maps compares two maps; the first word of a key is what differs.
func (d *drifts) maps(old, new map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(merged(old, new))) {
		what, name, _ := strings.Cut(k, " ")
		d.differ(what, name, old[k], new[k])
	}
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

// Parameters works out what the parameters of a package are for a submission,
// secrets apart.
func (e *Engine) Parameters(ctx context.Context, p *Package, s *Submission) (map[string]any, error) {
	of := e.cat.Entity(s.Entity)
	if of == nil {
		return nil, diag.Problem{Rule: "RUN-ENTITY", Message: fmt.Sprintf("legal entity %q is not set up", s.Entity)}
	}
	o := Outside{Environment: s.Environment, Entity: s.Entity, Keys: e.hands.Keys, Context: map[string]any{"channel": textOrNil(s.Channel)}}
	data, err := e.hands.Log.Blob(ctx, s.Document)
	if err != nil {
		return nil, err
	}
	d, list := e.reader.Read("document", data, e.schemas)
	if err := list.Err(); err != nil {
		return nil, err
	}
	o.Document = d.Value
	given, _, err := e.cat.Outside(p, o).Lookup("param")
	if err != nil {
		return nil, err
	}
	return given.(*parameters).plain()
}
