package engine

import (
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Outcome is how a step ended: one typed value, kept in the log.
type Outcome struct {
	Class    Class
	Code     string // of the authority, or a transport code
	Text     string // of the authority, word for word
	Status   DocStatus
	Fields   map[string]any
	Part     []byte // bytes as received
	Wait     time.Duration
	Pause    time.Duration
	Raise    string
	Field    string // business field the authority complains of
	Hint     map[string]string
	At       time.Time
	Findings diag.List
	Members  []Member // of a batch, in the order of the answer
}

// Member is what one member of a batch got.
type Member struct {
	Key     string
	Outcome Outcome
}

// Finding is a problem of a document as it is reported: a diag.Problem.
type Finding = diag.Problem
