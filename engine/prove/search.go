package prove

// search looks for a document for which all literals hold.
type search struct {
	space *space
	sure  bool // only what is certain counts
	box   []set
}

// solve returns a box of documents for which all literals hold, or nil if there
// is none.
func (sp *space) solve(list []literal, sure bool) []int {
	s := &search{space: sp, sure: sure, box: make([]set, len(sp.fields))}
	for i, f := range sp.fields {
		s.box[i] = f.possible()
	}
	return s.try(list)
}

// try takes one literal after the other and narrows the box; for a choice it
// tries each.
func (s *search) try(list []literal) []int {
	var choices [][]literal
	for len(list) > 0 {
		l := list[len(list)-1]
		list = list[:len(list)-1]
		if l.atomic() {
			if !s.narrow(l) {
				return nil
			}
			continue
		}
		parts, and := l.parts()
		if and {
			list = append(list, parts...)
		} else {
			choices = append(choices, parts)
		}
	}
	return s.choose(choices)
}

func (s *search) narrow(l literal) bool {
	c := s.space.cells[l.clause]
	s.box[c.field] = s.box[c.field].and(c.of(l, s.sure))
	return !s.box[c.field].empty()
}

func (s *search) choose(choices [][]literal) []int {
	if len(choices) == 0 {
		return s.place()
	}
	first := 0
	for i := range choices {
		if len(choices[i]) < len(choices[first]) {
			first = i
		}
	}
	rest := append(append([][]literal{}, choices[:first]...), choices[first+1:]...)
	before := s.box
	for _, l := range choices[first] {
		s.box = append([]set{}, before...)
		if found := s.again(l, rest); found != nil {
			return found
		}
	}
	s.box = before
	return nil
}

// again goes on with one literal and the choices that are left.
func (s *search) again(l literal, rest [][]literal) []int {
	if l.atomic() {
		if !s.narrow(l) {
			return nil
		}
		return s.choose(rest)
	}
	parts, and := l.parts()
	if !and {
		return s.choose(append(rest[:len(rest):len(rest)], parts))
	}
	for _, p := range parts {
		if p.atomic() && !s.narrow(p) {
			return nil
		}
	}
	for _, p := range parts {
		if !p.atomic() {
			rest = append(rest[:len(rest):len(rest)], []literal{p})
		}
	}
	return s.choose(rest)
}

// place chooses a cell of every field: the fewest fields that are there. A
// field that is there needs a record where its path leads through.
func (s *search) place() []int {
	return s.space.place(s.box)
}

func (sp *space) place(box []set) []int {
	out := make([]int, len(sp.fields))
	narrowed := append([]set{}, box...)
	for i, f := range sp.fields {
		if narrowed[i].has(0) {
			continue
		}
		for _, up := range f.above {
			only := newSet(len(sp.fields[up].values))
			only.add(sp.fields[up].record)
			narrowed[up] = narrowed[up].and(only)
		}
	}
	for i := range sp.fields {
		if out[i] = narrowed[i].first(); out[i] < 0 {
			return nil
		}
	}
	return out
}
