// Package prove decides questions about the structured clauses of applies: can
// two flows apply to one document, is one never reached, is there a document
// that none takes.
//
// Begin with Overlap, Covered, Gap and Table. For the operators is, isNot, in,
// notIn, lt, lte, gt, gte, between, startsWith, exists, empty under all, any
// and not there is always an answer, Yes with a witness or No. What rests on
// endsWith, matches or a formula may be NotProved.
//
// How it decides: every field has finitely many sorts of value that clauses
// can tell apart (cells). One value of each cell stands for all of them, a
// comparison is the set of its cells, and a search over sets either finds a
// document or shows that there is none.
package prove

// Answer is what can be said.
type Answer uint8

// The answers.
const (
	No Answer = iota
	NotProved
	Yes
)

// String returns "no", "not proved" or "yes".
func (a Answer) String() string { return [...]string{"no", "not proved", "yes"}[a] }
