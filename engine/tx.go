package engine

import (
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Tx is the transaction in which a step with effect Records does its work and
// its outcome is journalled. What it changes is rolled back with it.
type Tx interface {
	// Next draws the next number of a counter. With a key ("for") the same key
	// gets the same number in retries and resubmissions. It fails with
	// RUN-COUNTER-FULL beyond to.
	Next(c *State, key string) (decimal.Decimal, error)
	// Move moves a cursor forward and returns where it stands then. It never
	// goes back: a place at or before the present one leaves it where it is.
	Move(c *State, to decimal.Decimal) (at decimal.Decimal, moved bool, err error)
	// Keep returns what was kept under (name, key) before, else keeps what
	// make gives. An empty key keeps it for this step of this submission only.
	Keep(name, key string, make func() (any, error)) (any, error)
	// SetStatus moves the document of this submission, or of the original when
	// original is true. A move the table does not allow is RUN-STATUS-MOVE.
	SetStatus(original bool, to DocStatus) error
	// Put keeps bytes as a named artifact of the submission.
	Put(name, file, mediaType string, data []byte) error
}
