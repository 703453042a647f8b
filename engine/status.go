package engine

import "slices"

// RunStatus is where a submission's run stands. Completed never means that
// the authority accepted: that is DocStatus.
type RunStatus string

// The run statuses.
const (
	RunScheduled RunStatus = "scheduled"
	RunRunning   RunStatus = "running"
	RunWaiting   RunStatus = "waiting"
	RunParked    RunStatus = "parked"
	RunCompleted RunStatus = "completed"
	RunFailed    RunStatus = "failed"
	RunCanceled  RunStatus = "canceled"
)

// Ended reports whether nothing will happen any more by itself or by resume.
func (s RunStatus) Ended() bool { return s == RunCompleted || s == RunFailed || s == RunCanceled }

// DocStatus is where the legal document stands with the authority.
type DocStatus string

// The document statuses.
const (
	DocNone              DocStatus = "none"
	DocGenerated         DocStatus = "generated"
	DocSigned            DocStatus = "signed"
	DocSubmitted         DocStatus = "submitted"
	DocPending           DocStatus = "pending"
	DocAccepted          DocStatus = "accepted"
	DocAcceptedWithNotes DocStatus = "acceptedWithNotes"
	DocRejected          DocStatus = "rejected"
	DocDenied            DocStatus = "denied"
	DocCanceled          DocStatus = "canceled"
	DocUnknown           DocStatus = "unknown"
)

var runMoves = map[RunStatus][]RunStatus{
	RunScheduled: {RunRunning, RunCanceled},
	RunRunning:   {RunWaiting, RunParked, RunCompleted, RunFailed, RunCanceled},
	RunWaiting:   {RunRunning, RunParked, RunCanceled},
	RunParked:    {RunRunning, RunCanceled},
	RunFailed:    {RunRunning},
}

var docMoves = map[DocStatus][]DocStatus{
	DocNone:              {DocGenerated},
	DocGenerated:         {DocSigned},
	DocSigned:            {DocSubmitted},
	DocSubmitted:         {DocPending, DocAccepted, DocAcceptedWithNotes, DocRejected, DocDenied, DocUnknown},
	DocPending:           {DocAccepted, DocAcceptedWithNotes, DocRejected, DocDenied, DocUnknown},
	DocUnknown:           {DocPending, DocAccepted, DocAcceptedWithNotes, DocRejected, DocDenied, DocSigned},
	DocAccepted:          {DocCanceled, DocRejected},
	DocAcceptedWithNotes: {DocCanceled, DocRejected},
	DocRejected:          {DocGenerated},
}

// CanMove reports whether a run may go from s to next.
func (s RunStatus) CanMove(next RunStatus) bool { return slices.Contains(runMoves[s], next) }

// CanMove reports whether a document may go from s to next. A status never
// moves back: a late answer that would move it is kept and reported.
func (s DocStatus) CanMove(next DocStatus) bool { return slices.Contains(docMoves[s], next) }

// DocStatuses lists all document statuses.
var DocStatuses = []DocStatus{DocNone, DocGenerated, DocSigned, DocSubmitted, DocPending, DocAccepted,
	DocAcceptedWithNotes, DocRejected, DocDenied, DocCanceled, DocUnknown}
