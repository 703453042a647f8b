package formula

import (
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// Scope gives names their values at one place of a run. It has a parent whose
// names are in sight too, and one Host for the whole family. A Scope and its
// family belong to one goroutine.
type Scope struct {
	parent *Scope
	root   *family
	slots  []slot
}

type family struct {
	host   Host
	limits Limits
	trace  func(Event)
	watch  func(diag.Pos, any)
	three  bool // names are worked out for EvalBool: unknown is told from false
	trees  map[treeKey]Node
	paths  map[pathKey]*treepath.Path
}

// pathKey is a path that is not constant, at one place of a formula.
type pathKey struct {
	site *pathSite
	path string
}

type treeKey struct {
	first  *byte
	length int
}

type slot struct {
	name string
	work func(*Scope) (any, error) // nil: got[0] is the value
	got  [2]outcome                // of work; [1]: where unknown is told from false
}

type outcome struct {
	value any
	err   error
	state state
}

type state uint8

const (
	fresh state = iota
	busy
	done
)

// Event is a note for the trace: a comparison that met an absent value.
type Event struct {
	Pos    diag.Pos
	Source string // the formula
	Note   string
}

// Limits bounds one evaluation. A zero field means the default.
type Limits struct {
	Fuel  int // steps: members visited, functions called; default 2,000,000
	Bytes int // bytes of texts and lists built; default 64 MiB
}

// The defaults of Limits.
const (
	DefaultFuel  = 2_000_000
	DefaultBytes = 64 << 20
)

// NewScope returns an empty scope whose formulas ask h. A nil h is NoHost.
func NewScope(h Host) *Scope {
	if h == nil {
		h = NoHost{}
	}
	return &Scope{root: &family{host: h, limits: Limits{Fuel: DefaultFuel, Bytes: DefaultBytes}}}
}

// Child returns a scope that sees the names of s and may hide them.
func (s *Scope) Child() *Scope { return &Scope{parent: s, root: s.root} }

// Reset makes s, which Child returned, an empty child of parent again. Nothing
// may work with what s held any more.
func (s *Scope) Reset(parent *Scope) {
	clear(s.slots)
	s.parent, s.root, s.slots = parent, parent.root, s.slots[:0]
}

// WithHost returns a child of s whose formulas ask h instead.
func (s *Scope) WithHost(h Host) *Scope {
	r := *s.root
	r.host = h
	return &Scope{parent: s, root: &r}
}

// Host returns the host of s.
func (s *Scope) Host() Host { return s.root.host }

// SetLimits sets the bounds of every evaluation in the family of s.
func (s *Scope) SetLimits(l Limits) {
	if l.Fuel > 0 {
		s.root.limits.Fuel = l.Fuel
	}
	if l.Bytes > 0 {
		s.root.limits.Bytes = l.Bytes
	}
}

// SetTrace has f told of every comparison that met an absent value.
func (s *Scope) SetTrace(f func(Event)) { s.root.trace = f }

// Set gives name a value of the kinds listed in the package comment, here and
// in the children of s.
func (s *Scope) Set(name string, value any) {
	n := slot{name: name}
	n.got[0].value = value
	s.put(n)
}

// SetLazy gives name a value that f works out, in s, when it is first used;
// it is kept. A condition that asks whether its result is known (EvalBool)
// has f called once more, with formulas that give unknown for absent. A name
// that needs itself is a RUN-FORMULA-CYCLE error.
func (s *Scope) SetLazy(name string, f func(*Scope) (any, error)) {
	s.put(slot{name: name, work: f})
}

func (s *Scope) put(n slot) {
	for i := range s.slots {
		if s.slots[i].name == n.name {
			s.slots[i] = n
			return
		}
	}
	s.slots = append(s.slots, n)
}

// Lookup returns the value of name; false if it is not in sight.
func (s *Scope) Lookup(name string) (any, bool, error) { return s.lookup(name, s.root.three) }

func (s *Scope) lookup(name string, three bool) (any, bool, error) {
	for at := s; at != nil; at = at.parent {
		for i := range at.slots {
			n := &at.slots[i]
			if n.name != name {
				continue
			}
			if n.work == nil {
				return n.got[0].value, true, nil
			}
			v, err := at.worked(i, three)
			return v, true, err
		}
	}
	return nil, false, nil
}

func (s *Scope) worked(i int, three bool) (any, error) {
	n, mode := &s.slots[i], 0
	if three {
		mode = 1
	}
	switch o := &n.got[mode]; o.state {
	case done:
		return o.value, o.err
	case busy:
		return nil, diag.Problem{Rule: RuleCycle, Message: "\"" + n.name + "\" needs itself"}
	}
	n.got[mode].state = busy
	outer := s.root.three
	s.root.three = three
	v, err := n.work(s)
	s.root.three = outer
	s.slots[i].got[mode] = outcome{v, err, done} // work may have added names
	return v, err
}
