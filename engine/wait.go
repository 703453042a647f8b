package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Wait is what a step waits for: an event that a channel brings, an instant,
// or so long. Exactly one of Event, Until and For is set.
type Wait struct {
	Event  string
	Key    *formula.Value // event: what both sides know it by
	Or     *formula.Value // event: another key; nil: none
	Within Expr           // event: how long at most; nil: 30 days
	Until  *formula.Program
	For    Expr
	Pos    diag.Pos
}

// RuleWait says that a step cannot wait: it has no instant or no key.
const RuleWait = "RUN-WAIT"

// waited waits for what the step says.
func (t *task) waited() (Outcome, error) {
	if t.st.Wait.Event != "" {
		return t.event()
	}
	until, err := t.until(t.path+"~until", func(now time.Time) (time.Time, error) {
		if t.st.Wait.For != nil {
			d, err := duration(t.st.Wait.For, t.f.scope)
			return now.Add(d), err
		}
		v, err := t.st.Wait.Until.Eval(t.f.scope)
		at, ok := v.(time.Time)
		if err == nil && !ok {
			err = diag.Problemf(t.st.Pos, RuleWait, "step %q has no instant to wait for", t.st.ID)
		}
		return at, err
	})
	if err != nil {
		return t.broke(err)
	}
	if err := t.r.sleep(until, t.path); err != nil {
		return Outcome{}, err
	}
	if until.After(t.r.clock) {
		t.r.clock = until
	}
	return Outcome{Class: Done, At: t.r.clock}, nil
}

// broke tells the end of a pass from a fault of the step.
func (t *task) broke(err error) (Outcome, error) {
	var stop *halt
	if errors.As(err, &stop) || errors.Is(err, ErrLostLease) {
		return Outcome{}, err
	}
	return failure(err, RuleWait), nil
}

// until returns an instant that is worked out once and journalled.
func (t *task) until(path string, work func(now time.Time) (time.Time, error)) (time.Time, error) {
	v, _, err := t.r.found(path, EntryTimer)
	if err != nil {
		return time.Time{}, err
	}
	if m, ok := v.(map[string]any); ok {
		at, _ := m["until"].(time.Time)
		return at, nil
	}
	if t.r.peek {
		return time.Time{}, &halt{kind: haltEnd}
	}
	now := t.r.e.now()
	at, err := work(now)
	if err != nil {
		return at, err
	}
	return at, t.r.note(Entry{Path: path, Kind: EntryTimer, At: now}, map[string]any{"until": at})
}

// event takes the event the step waits for: the one that came first of those
// that are kept for its keys. A repeated step takes the next one.
func (t *task) event() (Outcome, error) {
	r, w := t.r, t.st.Wait
	t.heard++
	path := fmt.Sprintf("%s#%d", t.path, t.heard)
	v, en, err := r.found(path, EntryRecord)
	if err != nil {
		return Outcome{}, err
	}
	if m, ok := v.(map[string]any); ok {
		r.clock = en.At
		if gone, _ := m["expired"].(bool); gone {
			return t.nobodyCame(), nil
		}
		outs, _ := m["out"].(map[string]any)
		return t.heardOf(outs), r.recordedMove(path)
	}
	limit, err := t.until(path+"~until", func(now time.Time) (time.Time, error) {
		d, err := DefaultKeep, error(nil)
		if w.Within != nil {
			d, err = duration(w.Within, t.f.scope)
		}
		return now.Add(d), err
	})
	if err != nil {
		return t.broke(err)
	}
	if r.peek {
		return Outcome{}, &halt{kind: haltEnd}
	}
	keys, err := eventKeys(t.f.scope, r.sub.Environment, t.f.pkg.Family(), w.Event, w.Key, w.Or)
	if err == nil && len(keys) == 0 {
		err = diag.Problemf(w.Pos, RuleWait, "step %q has no key to wait for", t.st.ID)
	}
	if err != nil {
		return failure(err, RuleWait), nil
	}
	return t.listen(path, keys, limit)
}

// listen takes a kept event, or ends the pass until one comes or the time is
// over.
func (t *task) listen(path string, keys []string, limit time.Time) (Outcome, error) {
	r := t.r
	for {
		at, item, err := r.e.kept(r.ctx, keys)
		if err != nil {
			return Outcome{}, err
		}
		if item == nil {
			break
		}
		o, ok, err := t.hear(path, at, item)
		if ok || err != nil {
			return o, err
		}
	}
	if now := r.e.now(); !now.Before(limit) {
		r.clock = now
		return t.nobodyCame(), r.note(Entry{Path: path, Kind: EntryRecord, At: now}, map[string]any{"expired": true})
	}
	r.pending.late = func(tx LogTx, row *Submission) error { return r.register(tx, row, keys) }
	return Outcome{}, r.sleep(limit, t.path)
}

func (t *task) nobodyCame() Outcome {
	return Outcome{Class: Expired, Code: "EVENT-" + t.st.Wait.Event, Text: "the event did not come in time", At: t.r.clock}
}

// heardOf makes what came the outcome of the step.
func (t *task) heardOf(outs Outputs) Outcome {
	o := t.recorded(outs)
	if t.st.Answer == nil {
		o.Code = "EVENT-" + t.st.Wait.Event
	}
	return o
}

// hear takes an item in the transaction that journals it; ok is false if it
// was taken meanwhile.
func (t *task) hear(path, at string, item *Item) (o Outcome, ok bool, err error) {
	r := t.r
	data, err := r.e.hands.Log.Blob(r.ctx, item.Blob)
	if err != nil {
		return o, false, err
	}
	outs := Outputs{"out": any(data), "item": Incoming{Name: item.Name, Bytes: data}.record()}
	if tree, err := formula.ParseTree(data, ""); err == nil {
		outs["out"] = tree
	}
	now := r.e.now()
	r.clock = now
	var entry Entry
	var moved DocStatus
	err = r.flush(func(tx LogTx) error {
		if ok, err = takeKept(tx, at, r.sub.ID); !ok || err != nil {
			return err
		}
		w := &recordTx{r: r, part: t.f.part, tx: tx, path: path, now: now}
		if err := t.understood(w, outs); err != nil {
			return err
		}
		moved = w.moved
		enc := Encoder{Blob: tx.Blob}
		data, err := enc.Encode(map[string]any{"out": map[string]any(without(outs, "findings"))})
		if err != nil {
			return err
		}
		entry = Entry{Path: path, Kind: EntryRecord, At: now, Epoch: r.lease.Epoch, Data: data, Blobs: enc.Blobs}
		return tx.Append(r.sub.ID, entry)
	})
	if !ok || err != nil {
		return o, false, err
	}
	r.journal[entryKey{path, EntryRecord}] = &entry
	if moved != "" {
		r.virtual = moved
	}
	return t.heardOf(outs), true, nil
}
