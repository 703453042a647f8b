package xsd

// enum is a set of strings as flat data: it is read from disk without building
// anything, and asked without allocating.
type enum struct {
	Slots []uint32 // open addressing, 1 + index of a value, 0 for free
	Ends  []uint32 // Ends[i] is where value i ends in Text
	Text  string
}

func newEnum(values []string) enum {
	size := 4
	for size < 2*len(values) {
		size *= 2
	}
	total := 0
	for _, v := range values {
		total += len(v)
	}
	e := enum{Slots: make([]uint32, size), Ends: make([]uint32, 0, len(values))}
	text := make([]byte, 0, total)
	for _, v := range values {
		text = append(text, v...)
		e.Ends = append(e.Ends, uint32(len(text)))
	}
	e.Text = string(text)
	for i := range values {
		if slot, found := e.find(e.at(uint32(i))); !found {
			e.Slots[slot] = uint32(i + 1)
		}
	}
	return e
}

func (e *enum) at(i uint32) string {
	from := uint32(0)
	if i > 0 {
		from = e.Ends[i-1]
	}
	return e.Text[from:e.Ends[i]]
}

func (e *enum) find(v string) (slot uint32, found bool) {
	mask := uint32(len(e.Slots) - 1)
	for i := hash(v) & mask; ; i = (i + 1) & mask {
		switch at := e.Slots[i]; {
		case at == 0:
			return i, false
		case e.at(at-1) == v:
			return i, true
		}
	}
}

func (e *enum) has(v string) bool {
	_, found := e.find(v)
	return found
}

// some returns up to n values, for messages.
func (e *enum) some(n int) []string {
	out := make([]string, 0, n)
	for i := 0; i < len(e.Ends) && i < n; i++ {
		out = append(out, e.at(uint32(i)))
	}
	return out
}

// hash is FNV-1a; the sets are ours, not a stranger's, so it needs no seed.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h ^ h>>15
}
