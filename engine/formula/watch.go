package formula

import "github.com/fiscus-project/fiscus/internal/diag"

// Mark is what Note tells a watch beside values of formulas.
type Mark string

// The marks.
const (
	Ran     Mark = "ran"     // a step was run
	Chosen  Mark = "chosen"  // an answer, a case or a deed was taken
	Written Mark = "written" // a node of a mapping has written something
	Retried Mark = "retried" // a step was tried again
	Asked   Mark = "asked"   // a step with repeat has asked again
)

// SetWatch has f told of every formula that is worked out in the family of s,
// with its place and value, and of every Note: what tests cover is counted so.
// Constants are not told. f is called from the goroutine that evaluates.
func (s *Scope) SetWatch(f func(pos diag.Pos, what any)) { s.root.watch = f }

// Note tells the watch, if there is one, of something at a place.
func (s *Scope) Note(pos diag.Pos, what Mark) {
	if s.root.watch != nil {
		s.root.watch(pos, what)
	}
}

// watched tells the watch of a result.
func (s *Scope) watched(p *Program, v any, err error) {
	if err == nil {
		s.root.watch(p.at.pos, v)
	}
}
