package engine

import (
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// made takes in what a pure step made of the document.
func (r *run) made(path string, what DocStatus) error {
	if what != "" {
		r.move(path+"!made", what, "made")
	}
	return nil
}

// The way of a document before the authority speaks.
var ownWay = []DocStatus{DocNone, DocGenerated, DocSigned, DocSubmitted}

// move takes the document to a status if it may go there from where this pass
// has come to; it is false if it may not. The journal and the row follow in
// the next transaction, unless an earlier pass has done it.
func (r *run) move(path string, to DocStatus, why string) bool {
	if r.doc == nil || to == "" || to == r.virtual {
		return true
	}
	hops := r.hops(to)
	if hops == nil {
		return false
	}
	r.virtual = to
	key := entryKey{path, EntryStatus}
	if r.journal[key] == nil {
		r.journal[key] = &Entry{Path: path, Kind: EntryStatus}
		r.pending.status = append(r.pending.status, statusMove{path, hops, why})
	}
	return true
}

// hops returns the statuses on the way; nil if there is no way.
func (r *run) hops(to DocStatus) []DocStatus {
	i, j := slices.Index(ownWay, r.virtual), slices.Index(ownWay, to)
	switch {
	case j > 0 && i >= 0 && i < j:
		return ownWay[i+1 : j+1]
	case j > 0 && r.virtual == DocRejected && r.afresh:
		r.afresh = false
		return ownWay[1 : j+1]
	case j > 0:
		return nil
	case i >= 0 && i < 3 && DocSubmitted.CanMove(to): // found with the authority before this run sent it
		return append(slices.Clone(ownWay[i+1:]), to)
	case r.virtual.CanMove(to):
		return []DocStatus{to}
	}
	return nil
}

// back takes a document of which nothing is with the authority back to signed:
// nothing was written, or it was found absent.
func (r *run) back(path, why string) {
	var hops []DocStatus
	switch r.virtual {
	case DocSubmitted:
		hops = []DocStatus{DocUnknown, DocSigned}
	case DocUnknown:
		hops = []DocStatus{DocSigned}
	default:
		return
	}
	r.virtual = DocSigned
	key := entryKey{path, EntryStatus}
	if r.journal[key] == nil {
		r.journal[key] = &Entry{Path: path, Kind: EntryStatus}
		r.pending.status = append(r.pending.status, statusMove{path, hops, why})
	}
}

// judged moves the document as an outcome says; l is nil for what only reads.
func (r *run) judged(path string, l *leaf, o *Outcome) {
	to := o.Status
	switch {
	case l != nil && o.Code == CodeConnect && !l.stands():
		r.back(path+"!unsent", "nothing was sent")
		return
	case to != "" || l == nil:
	case o.Class == Unknown:
		to = DocUnknown
	case o.Class == Pending:
		to = DocPending
	}
	if !r.move(path, to, "answer "+o.Code) && !slices.Contains(ownWay, to) && !r.quiet(to) {
		o.Findings.Add(diag.Problem{Rule: "RUN-STATUS-MOVE", Severity: diag.Warning,
			Message: fmt.Sprintf("answer %s would move the document from %s to %s; it stays", o.Code, r.virtual, to)})
	}
}

// quiet reports whether a status that the engine itself derives says nothing new.
func (r *run) quiet(to DocStatus) bool { return to == DocUnknown || to == DocPending }

// writeMove moves the row as far as the table allows and journals every hop.
func (r *run) writeMove(tx LogTx, row *Submission, m statusMove) error {
	for i, to := range m.hops {
		path := m.path
		if i > 0 {
			path = fmt.Sprintf("%s+%d", m.path, i)
		}
		v := map[string]any{"from": string(row.Status), "to": string(to), "why": m.why}
		allowed := row.Status.CanMove(to)
		if allowed {
			row.Status = to
		} else {
			v["refused"] = true
		}
		data, err := EncodeValue(v)
		if err != nil {
			return err
		}
		e := Entry{Path: path, Kind: EntryStatus, At: r.e.now(), Epoch: r.lease.Epoch, Data: data}
		if err := tx.Append(row.ID, e); err != nil {
			return err
		}
	}
	return nil
}
