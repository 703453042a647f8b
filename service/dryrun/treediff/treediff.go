// Package treediff tells what two documents say differently, by path: XML and
// JSON by their content, anything else as bytes.
//
// Begin with Bytes. It promises: documents that mean the same (order of
// attributes and of JSON members, prefixes, white space between elements apart)
// have no difference; members of a list are put side by side so that one which
// was put in or taken out is one difference.
package treediff

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Difference is one place at which two documents differ. An absent side is
// empty and its Has is false.
type Difference struct {
	Path   string `json:"path"` // as in the new document; the old one where it is gone there
	Old    string `json:"old"`
	New    string `json:"new"`
	HasOld bool   `json:"hasOld"`
	HasNew bool   `json:"hasNew"`
}

// Max is how many differences are told at most.
const Max = 200

// longest is the length in bytes of the longest value that is told whole.
const longest = 200

// item is a tree in the form both languages share.
type item struct {
	name     string // element, "@attribute", member
	space    string // namespace of an element
	text     string
	leaf     bool // text is its value
	list     bool // children are in order; else by name
	children []*item
	hash     uint64
}

// Bytes tells what differs. A document that is not well-formed is compared as
// bytes.
func Bytes(a, b []byte) []Difference {
	if bytes.Equal(a, b) {
		return nil
	}
	for _, read := range []func([]byte) (*item, error){xmlItem, jsonItem} {
		x, err1 := read(a)
		y, err2 := read(b)
		if err1 == nil && err2 == nil {
			d := differ{}
			d.compare("", x, y)
			return d.found
		}
	}
	return []Difference{{Path: "", Old: blob(a), New: blob(b), HasOld: true, HasNew: true}}
}

func blob(b []byte) string {
	if utf8.Valid(b) && len(b) <= longest {
		return string(b)
	}
	return fmt.Sprintf("%d bytes", len(b))
}

type differ struct{ found []Difference }

func (d *differ) add(x Difference) {
	if len(d.found) < Max {
		x.Old, x.New = short(x.Old), short(x.New)
		d.found = append(d.found, x)
	}
}

func short(s string) string {
	if len(s) <= longest {
		return s
	}
	n := longest
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:n], len(s))
}

// compare tells what differs between two items that stand for the same thing.
func (d *differ) compare(path string, a, b *item) {
	if a.hash == b.hash {
		return
	}
	if b.name != "" { // the outermost of JSON has none
		path += "/" + b.name
	}
	if a.name != b.name {
		d.add(Difference{Path: path, Old: a.name, New: b.name, HasOld: true, HasNew: true})
		return
	}
	if a.space != b.space {
		d.add(Difference{Path: path, Old: "namespace " + a.space, New: "namespace " + b.space, HasOld: true, HasNew: true})
		return
	}
	if a.leaf || b.leaf || a.list != b.list {
		if a.text != b.text || a.list != b.list {
			d.add(Difference{Path: path, Old: a.say(), New: b.say(), HasOld: true, HasNew: true})
		}
		if a.leaf && b.leaf && len(a.children)+len(b.children) == 0 {
			return
		}
	}
	if a.list || b.list {
		d.lists(path, a.children, b.children)
		return
	}
	d.named(path, a.children, b.children)
}

// named compares children of the same name with each other.
func (d *differ) named(path string, a, b []*item) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(b, a) {
		if seen[c.name] {
			continue
		}
		seen[c.name] = true
		of := func(list []*item) []*item {
			return slices.DeleteFunc(slices.Clone(list), func(i *item) bool { return i.name != c.name })
		}
		d.lists(path, of(a), of(b))
	}
	if x, y := order(a), order(b); len(a) == len(b) && !slices.Equal(x, y) && slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))) {
		if i := firstUnequal(x, y); x[i] != "" && x[i][0] != '@' {
			d.add(Difference{Path: path, Old: "order: " + x[i], New: "order: " + y[i], HasOld: true, HasNew: true})
		}
	}
}

func order(list []*item) []string {
	out := make([]string, 0, len(list))
	for _, i := range list {
		if i.name == "" || i.name[0] != '@' {
			out = append(out, i.name)
		}
	}
	return out
}

func firstUnequal(a, b []string) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return 0
}

// lists puts two lists side by side and compares what fell between the equal
// members.
func (d *differ) lists(path string, a, b []*item) {
	i, j := 0, 0
	for _, p := range append(common(a, b), [2]int{len(a), len(b)}) {
		d.gap(path, a[i:p[0]], b[j:p[1]])
		i, j = p[0]+1, p[1]+1
	}
}

// gap compares members between two equal ones: in pairs, then what is over.
func (d *differ) gap(path string, a, b []*item) {
	n := min(len(a), len(b))
	for i := range n {
		d.compare(path, a[i], b[i])
	}
	for _, x := range a[n:] {
		d.add(Difference{Path: path + "/" + x.name, Old: x.say(), HasOld: true})
	}
	for _, x := range b[n:] {
		d.add(Difference{Path: path + "/" + x.name, New: x.say(), HasNew: true})
	}
}

// square bounds the work of finding what two lists have in common.
const square = 1 << 20

// common returns the pairs of equal members, in order: the longest way through
// both, or the equal beginning and end of lists that are too long for that.
func common(a, b []*item) (out [][2]int) {
	n := 0
	for n < len(a) && n < len(b) && a[n].hash == b[n].hash {
		out = append(out, [2]int{n, n})
		n++
	}
	m := 0
	for m < len(a)-n && m < len(b)-n && a[len(a)-1-m].hash == b[len(b)-1-m].hash {
		m++
	}
	x, y := a[n:len(a)-m], b[n:len(b)-m]
	if len(x)*len(y) <= square {
		for _, p := range longestCommon(x, y) {
			out = append(out, [2]int{p[0] + n, p[1] + n})
		}
	}
	for ; m > 0; m-- {
		out = append(out, [2]int{len(a) - m, len(b) - m})
	}
	return out
}

func longestCommon(a, b []*item) (out [][2]int) {
	w := len(b) + 1
	best := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].hash == b[j].hash {
				best[i*w+j] = best[(i+1)*w+j+1] + 1
			} else {
				best[i*w+j] = max(best[(i+1)*w+j], best[i*w+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].hash == b[j].hash:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case cmp.Compare(best[(i+1)*w+j], best[i*w+j+1]) >= 0:
			i++
		default:
			j++
		}
	}
	return out
}

// say tells an item in one line.
func (i *item) say() string {
	if i.leaf || len(i.children) == 0 {
		return i.text
	}
	first := i.children[0]
	for first != nil && !first.leaf && len(first.children) > 0 {
		first = first.children[0]
	}
	return fmt.Sprintf("(%s=%s ...)", first.name, short(first.text))
}
