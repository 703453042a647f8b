package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// record runs an action that records, in the transaction that journals it.
func (t *task) record() (Outcome, error) {
	r := t.r
	path := t.path + "#1"
	v, en, err := r.found(path, EntryRecord)
	if err != nil {
		return Outcome{}, err
	}
	if m, ok := v.(map[string]any); ok {
		if err := r.sameOutputs(path, m["pure"]); err != nil {
			return Outcome{}, err
		}
		r.clock = en.At
		outs, _ := m["out"].(map[string]any)
		if text, failed := m["failed"].(string); failed {
			return failure(diag.Problem{Rule: fmt.Sprint(m["rule"]), Message: text}, ""), nil
		}
		if err := r.recordedMove(path); err != nil {
			return Outcome{}, err
		}
		return t.recorded(outs), nil
	}
	if r.peek {
		return Outcome{}, &halt{kind: haltEnd}
	}
	if err := r.overdue(path, true); err != nil {
		return Outcome{}, err
	}
	s, err := t.hands()
	if err != nil {
		return failure(err, "RUN-STEP"), nil
	}
	return t.recordNow(s, path)
}

// recordedMove takes in that a step moved the document.
func (r *run) recordedMove(path string) error {
	v, _, err := r.found(path, EntryStatus)
	if m, ok := v.(map[string]any); ok {
		to, _ := m["to"].(string)
		r.virtual = DocStatus(to)
	}
	return err
}

func (t *task) recordNow(s *Step, path string) (Outcome, error) {
	r := t.r
	s.now = r.e.now()
	var outs Outputs
	var fault error
	var entry Entry
	var moved DocStatus
	err := r.flush(func(real LogTx) error {
		tx := &faultTx{LogTx: real}
		w := &recordTx{r: r, part: t.f.part, tx: tx, path: path, now: s.now}
		if outs, fault = t.st.Action.Record(r.ctx, s, w); fault == nil {
			fault = t.understood(w, outs)
		}
		if tx.fault != nil { // not the step failed but the log: the pass is over, nothing is decided
			fault = nil
			return tx.fault
		}
		if fault != nil {
			return fault
		}
		moved = w.moved
		enc := Encoder{Blob: tx.Blob}
		data, err := enc.Encode(map[string]any{"out": map[string]any(without(outs, "findings")), "pure": r.outputDigests()})
		if err != nil {
			return err
		}
		entry = Entry{Path: path, Kind: EntryRecord, At: s.now, Epoch: r.lease.Epoch, Data: data, Blobs: enc.Blobs}
		return tx.Append(r.sub.ID, entry)
	})
	if fault != nil {
		return t.notRecorded(path, fault)
	}
	if err != nil {
		return Outcome{}, err
	}
	r.journal[entryKey{path, EntryRecord}] = &entry
	r.clock = s.now
	if moved != "" {
		r.virtual = moved
	}
	return t.recorded(outs), nil
}

func (t *task) recorded(outs Outputs) Outcome {
	t.res.outs = outs
	o := Outcome{Class: Done, At: t.r.clock}
	if t.st.Answer != nil {
		o = t.answered(outs)
	}
	if list, ok := outs["findings"].(diag.List); ok {
		o.Findings = append(o.Findings, list...)
	}
	return o
}

// answered judges what a step that records gives by the answers file of the
// step: news that nobody asked for.
func (t *task) answered(outs Outputs) Outcome {
	x := &Exchange{Response: &Response{Status: 200, Body: bytesOf(outs["out"]), Received: t.r.clock}, Now: t.r.clock}
	tree, ok := outs["out"].(formula.Node)
	if b := x.Response.Body; !ok && b != nil {
		var err error
		if tree, err = formula.ParseTree(b, ""); err != nil {
			x.Response.Code, x.Response.Reason = CodeUnreadable, err.Error()
		}
	}
	x.Reading.Tree = tree
	in, err := t.inputs(t.st.Answer.Input, t.f.scope)
	if err != nil {
		return failure(err, "RUN-ANSWER")
	}
	s := t.f.part.scope(t.r).Child()
	s.Set("input", in)
	return t.st.Answer.Answers.Judge(s, x)
}

// understood gives the document the status that the answer of the step says:
// the original where there is no document of the run's own. A move the table
// does not allow leaves it where it is, which is told.
func (t *task) understood(w *recordTx, outs Outputs) error {
	if t.st.Answer == nil {
		return nil
	}
	o := t.answered(outs)
	if o.Status == "" {
		return nil
	}
	err := w.SetStatus(t.r.doc == nil, o.Status)
	var p diag.Problem
	if errors.As(err, &p) && p.Rule == "RUN-STATUS-MOVE" {
		p.Severity = diag.Warning
		list, _ := outs["findings"].(diag.List)
		outs["findings"] = append(list, p)
		return nil
	}
	return err
}

// notRecorded tells how recording failed. It is journalled only where the
// author goes on in spite of it: otherwise another run may succeed.
func (t *task) notRecorded(path string, fault error) (Outcome, error) {
	o := failure(fault, "RUN-RECORD")
	if !t.handles(&o) {
		return o, nil
	}
	return o, t.r.note(Entry{Path: path, Kind: EntryRecord}, map[string]any{"failed": o.Text, "rule": o.Code, "pure": t.r.outputDigests()})
}

// recordTx is the transaction a step that records sees.
type recordTx struct {
	r    *run
	part part // whose flow records
	tx   LogTx
	path string
	now  time.Time

	moved DocStatus // of the own document
}

// The buckets of state in a log.
const (
	BucketCounter = "counter" // the last number drawn, by counter
	BucketCursor  = "cursor"  // how far was read, by cursor
	BucketNumber  = "number"  // the number of a key, by counter and key
	BucketDrawn   = "drawn"   // gap-free numbers, by submission, counter and number
	BucketVoid    = "void"    // numbers drawn and not used, by counter and number
	BucketMode    = "mode"    // by object: what it is, since when and why
	BucketRaised  = "raised"  // by object: when answers raised it
	BucketKept    = "kept"    // what steps keep under a key
)

// Next draws the next number of a counter.
func (w *recordTx) Next(c *State, key string) (decimal.Decimal, error) {
	object, err := w.part.object(w.r, c)
	if err != nil {
		return decimal.Zero, err
	}
	if key != "" {
		old, err := w.tx.Get(BucketNumber, object+"\x1f"+key)
		if err != nil {
			return decimal.Zero, err
		}
		if old != nil {
			var n numberRow
			if err := json.Unmarshal(old, &n); err != nil {
				return decimal.Zero, err
			}
			if n.GapFree {
				if err := w.tx.Set(BucketDrawn, w.r.sub.ID+"\x1f"+object+"\x1f"+n.Number.String(), old); err != nil {
					return n.Number, err
				}
			}
			return n.Number, w.tx.Set(BucketVoid, object+"\x1f"+n.Number.String(), nil)
		}
	}
	n, err := w.draw(c, object)
	if err != nil || key == "" {
		return n, err
	}
	row, err := json.Marshal(numberRow{n, w.r.sub.ID, w.now, c.GapFree})
	if err != nil {
		return n, err
	}
	if c.GapFree {
		if err := w.tx.Set(BucketDrawn, w.r.sub.ID+"\x1f"+object+"\x1f"+n.String(), row); err != nil {
			return n, err
		}
	}
	return n, w.tx.Set(BucketNumber, object+"\x1f"+key, row)
}

// numberRow says whose a number is.
type numberRow struct {
	Number     decimal.Decimal `json:"number"`
	Submission string          `json:"submission"`
	At         time.Time       `json:"at"`
	GapFree    bool            `json:"gapFree,omitempty"`
}

func (w *recordTx) draw(c *State, object string) (decimal.Decimal, error) {
	last, err := w.tx.Get(BucketCounter, object)
	if err != nil {
		return decimal.Zero, err
	}
	n, err := bound(c.From, w.part.scope(w.r), decimal.FromInt(1))
	if err != nil {
		return n, err
	}
	if last != nil {
		if n, err = decimal.Parse(string(last)); err != nil {
			return n, err
		}
		n = n.Add(decimal.FromInt(1))
	}
	to, err := bound(c.To, w.part.scope(w.r), n)
	if err != nil {
		return n, err
	}
	if n.Cmp(to) > 0 {
		return n, diag.Problem{Pos: c.Pos, Rule: "RUN-COUNTER-FULL", Message: fmt.Sprintf("counter %q has reached %s", c.Name, to),
			Hint: "begin a new series"}
	}
	return n, w.tx.Set(BucketCounter, object, []byte(n.String()))
}

// Move moves a cursor forward.
func (w *recordTx) Move(c *State, to decimal.Decimal) (at decimal.Decimal, moved bool, err error) {
	object, err := w.part.object(w.r, c)
	if err != nil {
		return at, false, err
	}
	data, err := w.tx.Get(BucketCursor, object)
	if err != nil {
		return at, false, err
	}
	if at, err = c.cursor(data); err != nil || to.Cmp(at) <= 0 {
		return at, false, err
	}
	return to, true, w.tx.Set(BucketCursor, object, []byte(to.String()))
}

// cursor is where a cursor stands: as the log has it, or at its start.
func (s *State) cursor(data []byte) (decimal.Decimal, error) {
	if data != nil {
		return decimal.Parse(string(data))
	}
	if s.Start == "" {
		return decimal.Zero, nil
	}
	return decimal.Parse(s.Start)
}

// Keep returns what was kept before, else keeps what make gives.
func (w *recordTx) Keep(name, key string, make func() (any, error)) (any, error) {
	if key == "" {
		return make() // the journal keeps the outputs of the step
	}
	object := strings.Join([]string{string(w.r.sub.Environment), w.r.sub.Entity, w.part.pkg.Family(), name, key}, "\x1f")
	old, err := w.tx.Get(BucketKept, object)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return w.r.decode(old)
	}
	v, err := make()
	if err != nil {
		return nil, err
	}
	data, err := EncodeValue(v)
	if err != nil {
		return nil, err
	}
	return v, w.tx.Set(BucketKept, object, data)
}

// SetStatus moves the document, or the original.
func (w *recordTx) SetStatus(original bool, to DocStatus) error {
	id := w.r.sub.ID
	if original {
		if id = w.r.sub.Original; id == "" {
			return diag.Problem{Rule: "RUN-ORIGINAL", Message: "there is no original document"}
		}
	}
	row, err := w.tx.Submission(id)
	if err != nil {
		return err
	}
	if row.Status == to {
		return nil
	}
	if !row.Status.CanMove(to) {
		return diag.Problem{Rule: "RUN-STATUS-MOVE", Message: fmt.Sprintf("a document that is %s cannot become %s", row.Status, to)}
	}
	from := row.Status
	row.Status, row.Changed = to, w.now
	if err := w.tx.Update(row); err != nil {
		return err
	}
	data, err := EncodeValue(map[string]any{"from": string(from), "to": string(to), "why": "step " + w.path, "by": w.r.sub.ID})
	if err != nil {
		return err
	}
	e := Entry{Path: w.path, Kind: EntryStatus, At: w.now, Epoch: w.r.lease.Epoch, Data: data}
	if original {
		e.Path = w.r.sub.ID + "/" + w.path
	} else {
		w.moved = to
	}
	return w.tx.Append(id, e)
}

// Put keeps bytes as a named result of the submission.
func (w *recordTx) Put(name, file, mediaType string, data []byte) error {
	sum, err := w.tx.Blob(data)
	if err != nil {
		return err
	}
	return w.tx.Keep(w.r.sub.ID, Kept{Name: name, File: file, MediaType: mediaType, SHA256: sum, Size: len(data), At: w.now})
}
