package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Report tells what is known of a submission. It looks at the log only:
// nothing is sent, drawn or written.
func (e *Engine) Report(ctx context.Context, id string) (*Report, error) {
	h := e.hands
	h.Transport = nil
	r, err := e.With(h).start(ctx, id, Lease{}, true)
	if err != nil {
		return nil, err
	}
	_, err = r.execute()
	var stop *halt
	if err != nil && !errors.As(err, &stop) {
		return nil, err
	}
	if r.sub.Run.Ended() {
		if r.report.kept, err = e.keptOf(ctx, r); err != nil {
			return nil, err
		}
	}
	return r.report.make(r), nil
}

func (e *Engine) keptOf(ctx context.Context, r *run) ([]Kept, error) {
	kept, err := e.hands.Log.Kept(ctx, r.sub.ID)
	for _, k := range kept {
		r.report.files[k.SHA256] = k
	}
	return kept, err
}

// Resume lets a person's word send a parked or failed run on its way again:
// the step it stands at is tried or asked again. Nothing that may stand with
// the authority is sent again by it.
func (e *Engine) Resume(ctx context.Context, id, who, reason string) error {
	return e.intervene(ctx, id, who, reason, "resume", func(s *Submission) (RunStatus, error) {
		if s.Run != RunParked && s.Run != RunFailed {
			return "", diag.Problem{Rule: "RUN-RESUME", Message: fmt.Sprintf("submission %q is %s; only a parked or failed one is resumed", id, s.Run)}
		}
		if s.Rule == rulePlanned {
			return "", diag.Problem{Rule: rulePlanned, Message: fmt.Sprintf("a plan holds submission %q", id), Hint: "apply the plan, or cancel the submission"}
		}
		return RunRunning, nil
	})
}

// Cancel ends a run of which nothing is or may be with the authority.
func (e *Engine) Cancel(ctx context.Context, id, who, reason string) error {
	return e.intervene(ctx, id, who, reason, "cancel", func(s *Submission) (RunStatus, error) {
		switch s.Status {
		case DocNone, DocGenerated, DocSigned, DocRejected:
		default:
			return "", diag.Problem{Rule: "RUN-CANCEL", Message: fmt.Sprintf("the document of submission %q is %s", id, s.Status),
				Hint: "what the authority has, or may have, is canceled there by an event"}
		}
		if !s.Run.CanMove(RunCanceled) {
			return "", diag.Problem{Rule: "RUN-CANCEL", Message: fmt.Sprintf("submission %q is %s", id, s.Run)}
		}
		return RunCanceled, nil
	})
}

// intervene writes a person's word, under the lease of the submission.
func (e *Engine) intervene(ctx context.Context, id, who, reason, deed string, judge func(*Submission) (RunStatus, error)) error {
	if strings.TrimSpace(reason) == "" {
		return diag.Problem{Rule: "RUN-REASON", Message: "a reason is required"}
	}
	now := e.now()
	lease, err := e.hands.Log.Acquire(ctx, id, e.options.Owner, now, e.options.LeaseTTL)
	if err != nil {
		return err
	}
	defer func() { _ = e.hands.Log.Release(context.WithoutCancel(ctx), lease) }()
	entries, err := e.hands.Log.Journal(ctx, id)
	if err != nil {
		return err
	}
	moves, at := lastMove(entries)
	w := &word{who, deed, reason, now, lease, moves + 1, at, judge}
	return e.hands.Log.Write(ctx, lease, w.write)
}

// word is what a person says about a run.
type word struct {
	who, deed, reason string
	at                time.Time
	lease             Lease
	move              int    // number of the move it makes
	path              string // where the run is parked; empty: nowhere in particular
	judge             func(*Submission) (RunStatus, error)
}

func (w *word) write(tx LogTx) error {
	row, err := tx.Submission(w.lease.ID)
	if err != nil {
		return err
	}
	to, err := w.judge(row)
	if err != nil {
		return err
	}
	path := w.path
	if path == "" {
		path = fmt.Sprintf("person#%d", w.move)
	}
	note := map[string]any{"who": w.who, "deed": w.deed, "reason": w.reason}
	if err := appendValue(tx, row.ID, Entry{Path: path, Kind: EntryNote, At: w.at, Epoch: w.lease.Epoch}, note); err != nil {
		return err
	}
	move := map[string]any{"from": string(row.Run), "to": string(to), "reason": w.reason}
	if err := appendValue(tx, row.ID, Entry{Path: fmt.Sprintf("run#%d", w.move), Kind: EntryRun, At: w.at, Epoch: w.lease.Epoch}, move); err != nil {
		return err
	}
	row.Run, row.Changed, row.Until, row.Reason, row.Rule = to, w.at, time.Time{}, "", ""
	if to == RunCanceled {
		if err := (&run{sub: row}).voidNumbers(tx); err != nil {
			return err
		}
	}
	return tx.Update(row)
}

func appendValue(tx LogTx, id string, e Entry, v any) error {
	data, err := EncodeValue(v)
	if err != nil {
		return err
	}
	e.Data = data
	return tx.Append(id, e)
}

// lastMove returns how often the run has moved, and where it was parked last.
func lastMove(entries []Entry) (moves int, parked string) {
	for i := range entries {
		if entries[i].Kind != EntryRun {
			continue
		}
		moves++
		var m struct {
			To string `json:"to"`
			At string `json:"at"`
		}
		if json.Unmarshal(entries[i].Data, &m) == nil {
			parked = ""
			if m.To == string(RunParked) && strings.Contains(m.At, "~park") {
				parked = m.At
			}
		}
	}
	return moves, parked
}
