package schematron

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// Value is a value that a failed check has to do with.
type Value struct {
	Name string // local name of the element or attribute
	Text string
}

// most is how many values of a finding are told, and for how many findings.
const (
	mostValues   = 6
	mostFindings = 200
)

// values returns the amounts, dates and flags that the test of a check names below
// the node: what does not add up is seen at once. Other texts are not told, they
// could be personal.
func (v *validation) values(c *compiledCheck) []Value {
	if len(v.result.Findings) >= mostFindings {
		return nil
	}
	var out []Value
	for _, path := range c.operands() {
		n, ok := v.follow(path, c.source.ns)
		if !ok {
			continue
		}
		if text := strings.TrimSpace(v.doc.Text(n)); telling(text) {
			out = append(out, Value{v.doc.Local(n), text})
		}
		if len(out) == mostValues {
			break
		}
	}
	return out
}

// follow walks a path of names that leads to one node.
func (v *validation) follow(path []string, ns xpath.Namespaces) (xmltree.Node, bool) {
	n, d := v.node, v.doc
	for _, step := range path {
		name, attribute := strings.CutPrefix(step, "@")
		prefix, local, ok := strings.Cut(name, ":")
		space := ""
		if ok {
			if space, ok = ns.Namespace(prefix); !ok {
				return n, false
			}
		} else {
			local = name
		}
		found := 0
		next := xmltree.None
		match := func(c xmltree.Node) {
			if d.Local(c) == local && d.Space(c) == space {
				next = c
				found++
			}
		}
		if attribute {
			for a, end := d.Attributes(n); a < end; a++ {
				match(a)
			}
		} else {
			for c := range d.Elements(n) {
				match(c)
			}
		}
		if found != 1 {
			return n, false
		}
		n = next
	}
	return n, true
}

// telling is true for numbers, dates and truth values.
func telling(s string) bool {
	if s == "" || len(s) > 30 {
		return false
	}
	if _, err := decimal.Parse(s); err == nil {
		return true
	}
	return s == "true" || s == "false" || len(s) == 10 && s[4] == '-' && s[7] == '-' && s[0] >= '0' && s[0] <= '9'
}
