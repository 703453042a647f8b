package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The buckets of held objects.
const (
	BucketHeld   = "held"   // by object: the present instance, sealed
	BucketMaking = "making" // by object: whose run is making one
)

// Sealer keeps what must not be read where the log is kept. Safe for
// concurrent use.
type Sealer interface {
	// Seal encrypts plain, bound to a label.
	Seal(label string, plain []byte) ([]byte, error)
	// Open decrypts what Seal gave for the same label.
	Open(label string, sealed []byte) ([]byte, error)
}

// heldRow is the present instance of a held object.
type heldRow struct {
	ID      string    `json:"id"` // of the instance
	Sealed  []byte    `json:"sealed"`
	Made    time.Time `json:"made"`
	Until   time.Time `json:"until,omitzero"`
	Used    time.Time `json:"used"` // last
	Uses    int       `json:"uses"` // by how many flow runs
	Dropped bool      `json:"dropped,omitempty"`
}

// good reports whether another run may take the instance.
func (h *heldRow) good(s *State, idle time.Duration, now time.Time) bool {
	return h != nil && !h.Dropped && (h.Until.IsZero() || now.Before(h.Until)) && (s.Uses == 0 || h.Uses < s.Uses) &&
		(idle == 0 || now.Sub(h.Used) < idle)
}

// making says whose run makes the next instance, so that others wait for it.
type making struct {
	Submission string    `json:"submission"`
	Until      time.Time `json:"until"` // after which nobody waits any more
}

// held is the instance that one run of a flow has.
type held struct {
	id    string
	value map[string]any
}

// lookAgain is after how long a run asks whether another one has made the
// instance it waits for.
const lookAgain = time.Second

// hold takes the held objects that the step reads. ok is false if one could
// not be made; then the outcome says why, as the outcome of this step.
func (t *task) hold() (o Outcome, ok bool, err error) {
	for _, name := range t.st.Held {
		if t.f.held[name] != nil {
			continue
		}
		s := t.f.pkg.state(name)
		if s == nil {
			return failure(errNoState(t.f.pkg, name), ""), false, nil
		}
		if o, ok, err = t.take(s); !ok || err != nil {
			return o, false, err
		}
	}
	return o, true, nil
}

// take gives this run of the flow its instance: the one the journal names, the
// present one while it is good, or a new one.
func (t *task) take(s *State) (Outcome, bool, error) {
	r, path := t.r, t.f.path+"$state/"+s.Name
	object, err := t.f.object(r, s)
	if err != nil {
		return failure(err, "RUN-STATE"), false, nil
	}
	v, en, err := r.found(path, EntryState)
	if err != nil {
		return Outcome{}, false, err
	}
	if m, ok := v.(map[string]any); en != nil && ok {
		sealed, _ := m["sealed"].([]byte)
		id, _ := m["instance"].(string)
		if err := t.f.keepHeld(s, object, id, sealed); err != nil {
			return Outcome{}, false, r.parkAt(path, problems(err, "RUN-STATE")[0])
		}
		return Outcome{}, true, nil
	}
	if o, failed, err := t.madeBefore(s); failed || err != nil {
		return o, false, err
	}
	if r.peek {
		return Outcome{}, false, &halt{kind: haltEnd}
	}
	row, err := t.present(s, object)
	if err != nil {
		return Outcome{}, false, err
	}
	if row != nil {
		if err := r.noteHeld(path, row); err != nil {
			return Outcome{}, false, err
		}
		return Outcome{}, true, t.f.keepHeld(s, object, row.ID, row.Sealed)
	}
	return t.makeHeld(s, object, path)
}

// noteHeld journals which instance a run has. The value is kept with it,
// sealed: the object may have a newer one when the run is looked at again.
func (r *run) noteHeld(path string, row *heldRow) error {
	return r.note(Entry{Path: path, Kind: EntryState}, map[string]any{"instance": row.ID, "sealed": row.Sealed})
}

func (f *frame) keepHeld(s *State, object, id string, sealed []byte) error {
	v, err := f.r.opened(object, sealed)
	if err != nil {
		return err
	}
	m, _ := v.(map[string]any)
	if f.held == nil {
		f.held = map[string]*held{}
	}
	f.held[s.Name] = &held{id, m}
	return nil
}

// present uses the instance that is there, once more; nil if there is none
// that is good. While another run makes one, this one waits.
func (t *task) present(s *State, object string) (*heldRow, error) {
	r := t.r
	idle, err := s.idle(t.f.part.scope(r))
	if err != nil {
		return nil, err
	}
	opens := func(sealed []byte) bool { // what another key has sealed is as good as lost
		_, err := r.opened(object, sealed)
		return err == nil
	}
	var row *heldRow
	var wait time.Time
	now := r.e.now()
	err = r.e.hands.Log.Write(r.ctx, r.lease, func(tx LogTx) error {
		if row, wait, err = claim(tx, s, object, idle, opens, r.sub.ID, now, now.Add(r.e.options.LeaseTTL)); err != nil || row == nil {
			return err
		}
		row.Uses, row.Used = row.Uses+1, now
		return setRow(tx, BucketHeld, object, row)
	})
	if err == nil && !wait.IsZero() {
		err = r.sleep(wait, t.path)
	}
	return row, err
}

// claim returns the instance if it is good. Otherwise it is this submission's
// to make one, or to wait until another has.
func claim(tx LogTx, s *State, object string, idle time.Duration, opens func([]byte) bool, id string, now, until time.Time) (*heldRow, time.Time, error) {
	row, err := getRow[heldRow](tx.Get(BucketHeld, object))
	if err != nil || row.good(s, idle, now) && opens(row.Sealed) {
		return row, time.Time{}, err
	}
	other, err := getRow[making](tx.Get(BucketMaking, object))
	if err != nil {
		return nil, time.Time{}, err
	}
	if other != nil && other.Submission != id && now.Before(other.Until) {
		return nil, now.Add(lookAgain), nil
	}
	return nil, time.Time{}, setRow(tx, BucketMaking, object, &making{id, until})
}

func getRow[T any](data []byte, err error) (*T, error) {
	if err != nil || data == nil {
		return nil, err
	}
	row := new(T)
	return row, json.Unmarshal(data, row)
}

func setRow(tx LogTx, bucket, key string, row any) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return tx.Set(bucket, key, data)
}

// idle returns after how long without use an instance is no longer good; zero: never.
func (s *State) idle(scope *formula.Scope) (time.Duration, error) {
	if s.Idle == nil {
		return 0, nil
	}
	return duration(s.Idle, scope)
}

// makeHeld runs the flow that makes an instance. Its calls are journalled like
// all others, but sealed: what they bring is secret.
func (t *task) makeHeld(s *State, object, path string) (Outcome, bool, error) {
	r := t.r
	t.makes++
	at := fmt.Sprintf("%s$make/%s#%d", t.f.path, s.Name, t.makes)
	old, err := t.f.last(object)
	if err != nil {
		return Outcome{}, false, err
	}
	o, outs, err := t.f.makes(s, old, at)
	r.step = t.path
	if err != nil {
		return o, false, err
	}
	if o.Class != Done {
		o.from, o.leaf, o.Fields, o.Part = "", "", nil, nil
		if err := r.note(Entry{Path: at, Kind: EntryNote}, outcomeValue(&o)); err != nil {
			return o, false, err
		}
		return o, false, r.flush(func(tx LogTx) error { return tx.Set(BucketMaking, object, nil) })
	}
	row, err := t.instance(s, object, outs)
	if err != nil {
		return failure(err, "RUN-STATE"), false, nil
	}
	if err := r.noteHeld(path, row); err != nil {
		return o, false, err
	}
	err = r.flush(func(tx LogTx) error {
		if err := tx.Set(BucketMaking, object, nil); err != nil {
			return err
		}
		return setRow(tx, BucketHeld, object, row)
	})
	if err != nil {
		return o, false, err
	}
	return o, true, t.f.keepHeld(s, object, row.ID, row.Sealed)
}

// madeBefore returns how an earlier attempt to make an instance ended.
func (t *task) madeBefore(s *State) (Outcome, bool, error) {
	v, en, err := t.r.found(fmt.Sprintf("%s$make/%s#%d", t.f.path, s.Name, t.makes+1), EntryNote)
	m, ok := v.(map[string]any)
	if err != nil || en == nil || !ok {
		return Outcome{}, false, err
	}
	t.makes++
	return outcomeOf(m), true, nil
}

// last returns the value of the instance that is good no more; nil if there
// was none, or if it cannot be opened here.
func (f *frame) last(object string) (map[string]any, error) {
	row, err := getRow[heldRow](f.r.e.hands.Log.Get(f.r.ctx, BucketHeld, object))
	if err != nil || row == nil {
		return nil, err
	}
	v, _ := f.r.opened(object, row.Sealed)
	m, _ := v.(map[string]any)
	return m, nil
}

// makes runs end for the old instance, then renew with it, and make if there
// is none or renewing did not help.
func (f *frame) makes(s *State, old map[string]any, at string) (o Outcome, outs Outputs, err error) {
	if s.End != "" && old != nil {
		if o, _, err = f.aside(s, s.End, at+"/end/", old); err != nil {
			return o, nil, err
		}
	}
	if s.Renew != "" && old != nil {
		if o, outs, err = f.aside(s, s.Renew, at+"/renew/", old); err != nil || o.Class == Done {
			return o, outs, err
		}
	}
	return f.aside(s, s.Make, at+"/make/", nil)
}

// aside runs a flow that is about a held object and not about the document. It
// is given the earlier instance as "held", if it has that input.
func (f *frame) aside(s *State, name, path string, old map[string]any) (Outcome, Outputs, error) {
	flow := f.pkg.Flow(name)
	if flow == nil {
		return failure(diag.Problemf(s.Pos, "RUN-FLOW", "no flow %q", name), ""), nil, nil
	}
	with := map[string]any{}
	if old != nil && slices.ContainsFunc(flow.Inputs, func(in Input) bool { return in.Name == "held" }) {
		with["held"] = old
	}
	was := f.secret
	f.secret = true // what it exchanges is
	defer func() { f.secret = was }()
	return f.use(name, path, with)
}

// instance makes a row of what the flow gave.
func (t *task) instance(s *State, object string, outs Outputs) (*heldRow, error) {
	r := t.r
	value := nameSecrets(s, outs)
	id, err := randomID(r.e.hands.Random)
	if err != nil {
		return nil, err
	}
	now := r.e.now()
	row := &heldRow{ID: id, Made: now, Used: now, Uses: 1}
	if row.Sealed, err = r.sealed(object, value); err != nil {
		return nil, err
	}
	if s.Until == nil {
		return row, nil
	}
	in := t.f.part.scope(r).Child()
	in.Set("made", value)
	v, err := s.Until.Eval(in)
	if err != nil {
		return nil, err
	}
	row.Until, _ = v.(time.Time)
	return row, nil
}

// shownAs is how the name of a secret begins that no key store knows.
const shownAs = "="

// nameSecrets gives the secrets of an instance names, so that a request shows which
// of them it holds.
func nameSecrets(s *State, outs Outputs) map[string]any {
	value := make(map[string]any, len(outs))
	for name, v := range outs {
		if x, ok := v.(formula.Secret); ok && x.Name() == "" {
			v, _ = formula.NewSecret(shownAs+s.Name+"."+name, x.Reveal())
		}
		value[name] = v
	}
	return value
}

// sealed writes a value with its secrets and encrypts it.
func (r *run) sealed(label string, v any) ([]byte, error) {
	plain, err := (&Encoder{Reveal: true}).Encode(v)
	if err != nil {
		return nil, err
	}
	return r.e.hands.Sealer.Seal(label, plain)
}

// opened reads what sealed wrote.
func (r *run) opened(label string, data []byte) (any, error) {
	plain, err := r.e.hands.Sealer.Open(label, data)
	if err != nil {
		return nil, err
	}
	return (&Decoder{Secret: func(name string) (formula.Secret, error) { return fetchSecret(r.keys(), name) }}).Decode(plain)
}

// renewal ends a run of a flow: it begins again with a new instance.
type renewal struct{ f *frame }

func (*renewal) Error() string { return "the flow begins again with a new held object" }

// renew drops held objects and begins the run of the flow again, once. It is
// refused where something that was sent may stand with the authority.
func (t *task) renew(d *Deed, o Outcome) (Outcome, disposition, verb, error) {
	if t.f.renewed {
		o, how, again, err := t.byDefault(o)
		if again {
			return o, how, verbAgain, err
		}
		return o, how, verbSettled, err
	}
	for path, l := range t.r.leaves {
		if len(path) > len(t.f.path) && path[:len(t.f.path)] == t.f.path && l.class != "" && l.class != Precondition && l.class != Transient {
			err := t.park(diag.Problemf(d.Pos, "RUN-FENCE", "the flow cannot begin again: step %s ended %s", path, l.class))
			return o, 0, verbHandle, err
		}
	}
	path := t.path + "~renew"
	if t.r.journal[entryKey{path, EntryNote}] == nil {
		if t.r.peek {
			return o, 0, 0, &halt{kind: haltEnd}
		}
		if err := t.drop(d.Renew, path); err != nil {
			return o, 0, 0, err
		}
	}
	return o, 0, 0, &renewal{t.f}
}

// drop marks the instances this run has as good no more; a newer one that
// another run has made meanwhile stays.
func (t *task) drop(names []string, path string) error {
	r := t.r
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
		h, s := t.f.held[name], t.f.pkg.state(name)
		if h == nil || s == nil {
			continue
		}
		object, err := t.f.object(r, s)
		if err != nil {
			return err
		}
		r.pending.more = append(r.pending.more, func(tx LogTx) error {
			row, err := getRow[heldRow](tx.Get(BucketHeld, object))
			if err != nil || row == nil || row.ID != h.id {
				return err
			}
			row.Dropped = true
			return setRow(tx, BucketHeld, object, row)
		})
	}
	if err := r.note(Entry{Path: path, Kind: EntryNote}, map[string]any{"renew": list}); err != nil {
		return err
	}
	return r.flush(nil)
}

// through runs a flow instance, and once more when it asks for that.
func (r *run) through(f *frame, input map[string]any) (*frame, Outcome, error) {
	o, err := f.run()
	var again *renewal
	if !errors.As(err, &again) || again.f != f {
		return f, o, err
	}
	in := r.frame(f.part, f.path+"again/", input, f.depth)
	in.renewed, in.secret = true, f.secret
	if r.top == f {
		r.top = in
	}
	o, err = in.run()
	return in, o, err
}

// move notes that the document is on its way, unless the call is about
// something else.
func (x *attempt) move() {
	if !x.t.f.secret {
		x.r.move(x.path+"!sent", DocSubmitted, "sent")
	}
}

// note journals how the call ended; sealed as a whole where it brings secrets.
func (x *attempt) note(m map[string]any) error {
	if x.t.f.secret {
		sealed, err := x.r.sealed(x.path, m)
		if err != nil {
			return err
		}
		m = map[string]any{"sealed": sealed}
	}
	return x.r.note(Entry{Path: x.path, Kind: EntryOutcome}, m)
}

// noted reads what note wrote.
func (x *attempt) noted(v any) (map[string]any, error) {
	m, _ := v.(map[string]any)
	sealed, ok := m["sealed"].([]byte)
	if !ok {
		return m, nil
	}
	v, err := x.r.opened(x.path, sealed)
	m, _ = v.(map[string]any)
	return m, err
}
