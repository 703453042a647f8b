package xsd

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// automaton matches whole values against a pattern. It is deterministic, built
// on the first use; if it would have too many states the places are followed
// one by one instead, which is slower and gives the same answer.
type automaton struct {
	ascii  [128]uint16 // column of a character
	bounds []rune      // columns of others: i from bounds[i] to before bounds[i+1]
	width  int
	next   []int32 // state*width + column; 0 is dead
	accept []bool
	start  int32
	places *places
}

// maxStates bounds a deterministic automaton.
const maxStates = 4000

// place is a step of the automaton before it is made deterministic.
type step struct {
	class    int32 // column set, -1 for a fork
	to, also int32
}

type places struct {
	steps   []step
	classes []class
	final   int32
	start   int32
}

// newAutomaton builds the automaton of the patterns of one derivation step, of which one must match.
func newAutomaton(joined string) *automaton {
	all := &rx{op: rxAlt}
	for _, text := range strings.Split(joined, "\x00") {
		if e, err := translate(text); err == nil {
			all.kids = append(all.kids, e)
		}
	}
	p := &places{}
	p.final = p.add(step{class: -2})
	p.start = p.compile(all, p.final)
	a := &automaton{places: p}
	a.columns()
	a.determine()
	return a
}

func (p *places) add(s step) int32 {
	p.steps = append(p.steps, s)
	return int32(len(p.steps) - 1)
}

// compile adds the places of e, which go on to next, and returns where they begin.
func (p *places) compile(e *rx, next int32) int32 {
	switch e.op {
	case rxClass:
		p.classes = append(p.classes, e.class)
		return p.add(step{class: int32(len(p.classes) - 1), to: next, also: -1})
	case rxCat:
		for i := len(e.kids) - 1; i >= 0; i-- {
			next = p.compile(e.kids[i], next)
		}
		return next
	case rxAlt:
		at := int32(-1)
		for i := len(e.kids) - 1; i >= 0; i-- {
			begin := p.compile(e.kids[i], next)
			if at < 0 {
				at = begin
				continue
			}
			at = p.add(step{class: -1, to: begin, also: at})
		}
		return at
	}
	at := next
	if e.max == unbounded {
		loop := p.add(step{class: -1, to: -1, also: next})
		p.steps[loop].to = p.compile(e.kids[0], loop)
		at = loop
	} else {
		for i := e.min; i < e.max; i++ {
			at = p.add(step{class: -1, to: p.compile(e.kids[0], at), also: next})
		}
	}
	for range e.min {
		at = p.compile(e.kids[0], at)
	}
	return at
}

// columns cuts the characters into groups that no class tells apart.
func (a *automaton) columns() {
	cuts := []rune{0}
	for _, c := range a.places.classes {
		for i := 0; i < len(c); i += 2 {
			cuts = append(cuts, c[i], c[i+1]+1)
		}
	}
	slices.Sort(cuts)
	a.bounds = slices.Compact(cuts)
	a.width = len(a.bounds)
	for r := range rune(128) {
		a.ascii[r] = uint16(a.search(r))
	}
}

func (a *automaton) search(r rune) int {
	i, found := slices.BinarySearch(a.bounds, r)
	if !found {
		i--
	}
	return i
}

// determine builds the states as sets of places.
func (a *automaton) determine() {
	if a.width > 2000 {
		return
	}
	known := map[string]int32{}
	sets := [][]int32{nil}
	a.next, a.accept = make([]int32, a.width), []bool{false}
	state := func(set []int32) int32 {
		if len(set) == 0 {
			return 0
		}
		key := setKey(set)
		s, ok := known[key]
		if !ok {
			s = int32(len(sets))
			known[key] = s
			sets = append(sets, set)
			a.next = append(a.next, make([]int32, a.width)...)
			a.accept = append(a.accept, slices.Contains(set, a.places.final))
		}
		return s
	}
	a.start = state(a.places.closure([]int32{a.places.start}))
	for s := 1; s < len(sets); s++ {
		if len(sets) > maxStates || len(a.next) > 1<<20 {
			a.next, a.accept = nil, nil
			return
		}
		for col, r := range a.bounds {
			a.next[s*a.width+col] = state(a.places.move(sets[s], r))
		}
	}
}

func setKey(set []int32) string {
	b := make([]byte, 0, 4*len(set))
	for _, v := range set {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return string(b)
}

// closure returns the places reached without a character, in order.
func (p *places) closure(from []int32) []int32 {
	seen := map[int32]bool{}
	var out []int32
	stack := slices.Clone(from)
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		if s := p.steps[at]; s.class == -1 {
			stack = append(stack, s.to, s.also)
			continue
		}
		out = append(out, at)
	}
	slices.Sort(out)
	return out
}

func (p *places) move(set []int32, r rune) []int32 {
	var to []int32
	for _, at := range set {
		if s := p.steps[at]; s.class >= 0 && p.classes[s.class].has(r) {
			to = append(to, s.to)
		}
	}
	if to == nil {
		return nil
	}
	return p.closure(to)
}

// match reports whether the whole of s matches.
func (a *automaton) match(s string) bool {
	if a.next == nil {
		return a.follow(s)
	}
	state := a.start
	for i := 0; i < len(s); {
		col := 0
		if b := s[i]; b < 128 {
			col, i = int(a.ascii[b]), i+1
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			col, i = a.search(r), i+size
		}
		if state = a.next[int(state)*a.width+col]; state == 0 {
			return false
		}
	}
	return a.accept[state]
}

func (a *automaton) follow(s string) bool {
	set := a.places.closure([]int32{a.places.start})
	for _, r := range s {
		if set = a.places.move(set, r); len(set) == 0 {
			return false
		}
	}
	return slices.Contains(set, a.places.final)
}
