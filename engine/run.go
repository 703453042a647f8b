package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// run is one pass through a submission's flow: it begins at the first step
// every time. What the journal knows is taken from it, what is pure is worked
// out again, and what is new is done and journalled.
type run struct {
	e     *Engine
	ctx   context.Context
	lease Lease
	peek  bool // look only: the pass ends where the journal does
	dry   bool // on a scratch copy
	plan  bool // ends before the first call that sends
	sub   *Submission
	doc   *document.Document
	pkg   *Package
	flow  *Flow
	place *place
	scope *formula.Scope // of the package, without steps

	journal map[entryKey]*Entry
	moves   int // entries of kind run
	clock   time.Time
	seed    []byte
	virtual DocStatus // of the document, as this pass has come to it
	afresh  bool      // a rejected document may be generated anew
	step    string    // path of the step under way

	top     *frame
	parks   map[string]int // by path: how often it was parked there
	stopped bool           // by a deadline
	pending pendingWrites
	pure    []pureOutput
	leaves  map[string]*leaf
	grants  map[string]int // further attempts a caller allows a leaf
	origins origins        // of the documents written

	report *reporter
	item   *Incoming // of a channel, when it was asked for
}

type entryKey struct {
	path string
	kind EntryKind
}

// pendingWrites wait for the next transaction.
type pendingWrites struct {
	entries []Entry
	blobs   [][]byte
	status  []statusMove
	row     func(*Submission)
	more    []func(LogTx) error
	late    func(LogTx, *Submission) error // when the row is as it will be
}

type statusMove struct {
	path string
	hops []DocStatus
	why  string
}

// halt ends a pass before the flow has.
type halt struct {
	kind    haltKind
	until   time.Time
	path    string
	problem diag.Problem
	call    *Call
}

type haltKind uint8

const (
	haltWait haltKind = iota
	haltPark
	haltCall // dry-run: the first call that would leave
	haltEnd  // peek: nothing more is journalled
)

func (h *halt) Error() string {
	return [...]string{"waiting", "parked", "a call would leave", "the journal ends"}[h.kind]
}

// start loads a submission and its journal.
func (e *Engine) start(ctx context.Context, id string, lease Lease, peek bool) (*run, error) {
	r := &run{e: e, ctx: ctx, lease: lease, peek: peek, journal: map[entryKey]*Entry{}, virtual: DocNone,
		parks: map[string]int{}, leaves: map[string]*leaf{}, grants: map[string]int{}}
	var err error
	if r.sub, err = e.hands.Log.Submission(ctx, id); err != nil {
		return nil, err
	}
	entries, err := e.hands.Log.Journal(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		en := &entries[i]
		r.journal[entryKey{en.Path, en.Kind}] = en
		if en.Kind == EntryRun {
			r.moves++
		}
	}
	r.clock = r.sub.Accepted
	if err := r.load(); err != nil {
		return nil, err
	}
	r.report = newReporter(len(r.flow.Steps))
	return r, nil
}

// load finds the package and reads the document.
func (r *run) load() error {
	r.pkg = r.e.cat.Package(r.sub.Package, r.sub.Version)
	if r.pkg == nil || r.pkg.Digest != r.sub.Digest {
		return diag.Problem{Rule: "RUN-PACKAGE", Message: fmt.Sprintf("package %s@%s with digest %s is not installed", r.sub.Package, r.sub.Version, r.sub.Digest),
			Hint: "a submission ends with the package it began with; install that version"}
	}
	if r.flow = r.pkg.Flow(r.sub.Flow); r.flow == nil {
		return diag.Problem{Rule: "RUN-FLOW", Message: fmt.Sprintf("package %s has no flow %q", r.pkg.ID, r.sub.Flow)}
	}
	if r.doc = r.e.read; r.doc != nil || r.sub.Document == "" { // a probe has none
		return nil
	}
	data, err := r.e.hands.Log.Blob(r.ctx, r.sub.Document)
	if err != nil {
		return err
	}
	d, list := r.e.reader.Read("document", data, r.e.schemas)
	if err := list.Err(); err != nil {
		return err
	}
	r.doc = d
	return nil
}

// begin makes the scope, from what the journal says of the first pass or from
// how things are.
func (r *run) begin() error {
	entity := r.e.cat.entities[r.sub.Entity]
	if entity == nil {
		return r.parkAt("$begin", diag.Problem{Rule: "RUN-ENTITY", Message: fmt.Sprintf("legal entity %q is no longer set up", r.sub.Entity)})
	}
	begun, err := r.begun(entity)
	if err != nil {
		return err
	}
	fields, _ := begun["entity"].(map[string]any)
	snapshot := *entity
	snapshot.Fields = fields
	r.place = r.newPlace(&snapshot)
	r.place.keep(r.pkg, begun["param"])
	r.seed, _ = begun["seed"].([]byte)
	r.scope = r.place.of(r.pkg)
	return nil
}

func (r *run) newPlace(e *Entity) *place {
	p := &place{cat: r.e.cat, environment: r.sub.Environment, entity: e, keys: r.keys(), context: runContext{r}, accepted: r.sub.Accepted}
	if r.doc != nil {
		p.document = r.withReferences(r.doc)
	}
	return p
}

// begun returns what the begin entry holds, made now if there is none.
func (r *run) begun(entity *Entity) (map[string]any, error) {
	if en := r.journal[entryKey{"$begin", EntryBegin}]; en != nil {
		v, err := r.decode(en.Data)
		m, _ := v.(map[string]any)
		r.clock = en.At
		return m, err
	}
	p := r.newPlace(entity)
	given, _, err := p.of(r.pkg).Lookup("param")
	if err != nil {
		return nil, err
	}
	param, err := given.(*parameters).plain()
	if err != nil {
		list := problems(err, "RUN-PARAMETER")
		return nil, r.parkAt("$begin", list[0])
	}
	seed := make([]byte, 32)
	if _, err := io.ReadFull(r.e.hands.Random, seed); err != nil {
		return nil, err
	}
	m := map[string]any{"entity": entityFields(entity), "param": param, "seed": seed, "engine": r.e.options.Version}
	if b := r.pkg.Base; b != nil {
		m["base"] = map[string]any{"package": b.Package, "version": b.Version, "digest": b.Digest}
	}
	now := r.e.now()
	r.clock = now
	return m, r.note(Entry{Path: "$begin", Kind: EntryBegin, At: now}, m)
}

// note adds an entry to those that wait for the next transaction.
func (r *run) note(e Entry, v any) error {
	enc := Encoder{Blob: func(b []byte) (string, error) {
		r.pending.blobs = append(r.pending.blobs, b)
		return blobName(b), nil
	}}
	data, err := enc.Encode(v)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Path, err)
	}
	e.Data, e.Blobs, e.Epoch = data, enc.Blobs, r.lease.Epoch
	if e.At.IsZero() {
		e.At = r.e.now()
	}
	r.pending.entries = append(r.pending.entries, e)
	r.journal[entryKey{e.Path, e.Kind}] = &r.pending.entries[len(r.pending.entries)-1]
	return nil
}

// found returns a journalled value; ok is false if there is none.
func (r *run) found(path string, kind EntryKind) (v any, en *Entry, err error) {
	en = r.journal[entryKey{path, kind}]
	if en == nil {
		return nil, nil, nil
	}
	v, err = r.decode(en.Data)
	return v, en, err
}

func (r *run) decode(data json.RawMessage) (any, error) {
	d := Decoder{
		Blob: func(name string) ([]byte, error) {
			for _, b := range r.pending.blobs {
				if blobName(b) == name {
					return b, nil
				}
			}
			return r.e.hands.Log.Blob(r.ctx, name)
		},
		Secret: func(name string) (formula.Secret, error) { return fetchSecret(r.keys(), name) },
	}
	return d.Decode(data)
}

// flush writes what is pending in one transaction, with what f adds.
func (r *run) flush(f func(LogTx) error) error {
	if r.peek {
		return &halt{kind: haltEnd}
	}
	p := r.pending
	if f == nil && len(p.entries) == 0 && len(p.status) == 0 && len(p.more) == 0 && p.row == nil {
		return nil
	}
	var after *Submission
	err := r.e.hands.Log.Write(r.ctx, r.lease, func(tx LogTx) error {
		row, err := tx.Submission(r.sub.ID)
		if err != nil {
			return err
		}
		if err := p.apply(r, tx, row); err != nil {
			return err
		}
		row.Changed = r.e.now()
		if err := tx.Update(row); err != nil {
			return err
		}
		if f != nil {
			if err := f(tx); err != nil {
				return err
			}
		}
		after, err = tx.Submission(r.sub.ID)
		return err
	})
	if err != nil {
		return err
	}
	r.sub = after
	for i := range p.entries {
		r.journal[entryKey{p.entries[i].Path, p.entries[i].Kind}] = &p.entries[i]
	}
	r.pending, r.pure = pendingWrites{}, nil
	return nil
}

func (p *pendingWrites) apply(r *run, tx LogTx, row *Submission) error {
	for _, b := range p.blobs {
		if _, err := tx.Blob(b); err != nil {
			return err
		}
	}
	for _, e := range p.entries {
		if err := tx.Append(r.sub.ID, e); err != nil {
			return err
		}
	}
	for _, m := range p.status {
		if err := r.writeMove(tx, row, m); err != nil {
			return err
		}
	}
	if p.row != nil {
		p.row(row)
	}
	for _, f := range p.more {
		if err := f(tx); err != nil {
			return err
		}
	}
	if p.late != nil && row.Run == RunWaiting {
		return p.late(tx, row)
	}
	return nil
}

// acquire gets the lease, at once where the owner of another is gone.
func (e *Engine) acquire(ctx context.Context, row *Submission, now time.Time) (Lease, error) {
	lease, err := e.hands.Log.Acquire(ctx, row.ID, e.options.Owner, now, e.options.LeaseTTL)
	if !errors.Is(err, ErrHeld) || e.options.Gone == nil {
		return lease, err
	}
	held, e2 := e.hands.Log.Submission(ctx, row.ID)
	if e2 != nil || held.Owner == "" || !e.options.Gone(held.Owner) {
		return lease, err
	}
	return e.hands.Log.Acquire(ctx, row.ID, e.options.Owner, held.Expires, e.options.LeaseTTL)
}
