package xpath

import "github.com/fiscus-project/fiscus/internal/xmltree"

// Fit says what the names of an element and its ancestors tell of a pattern.
type Fit uint8

// The answers of Pattern.Fit.
const (
	Never Fit = iota
	Perhaps
	Always
)

// Fit judges a pattern for all elements with the same path of names, outermost
// first. For Perhaps it returns the pattern without the alternatives that can't match.
func (p *Pattern) Fit(path []xmltree.Name) (*Pattern, Fit) {
	out := &Pattern{frame: p.frame}
	for _, a := range p.alts {
		switch {
		case a.set != nil:
			out.alts = append(out.alts, a)
		case a.document || !a.fits(path, len(path)-1, len(a.steps)-1):
		case a.bare:
			return p, Always
		default:
			out.alts = append(out.alts, a)
		}
	}
	if len(out.alts) == 0 {
		return nil, Never
	}
	return out, Perhaps
}

// fits tests step i against the element at path[at] and the steps before against its ancestors.
func (a *alternative) fits(path []xmltree.Name, at, i int) bool {
	s := &a.steps[i]
	if at < 0 || s.attr || !s.test.element(path[at]) {
		return false
	}
	switch {
	case i == 0:
		return !a.absolute || at == 0
	case !s.deep:
		return a.fits(path, at-1, i-1)
	}
	for up := at - 1; up >= 0; up-- {
		if a.fits(path, up, i-1) {
			return true
		}
	}
	return false
}

// element reports whether an element of this name passes the test.
func (t *nodeTest) element(n xmltree.Name) bool {
	if t.kind != testName {
		return t.kind == testNode || t.kind == testElement
	}
	return (t.anySpace || n.Space == t.space) && (t.anyLocal || n.Local == t.local)
}

// rootOnly reports whether the pattern can match nothing but the outermost element.
func (p *Pattern) rootOnly() bool {
	for _, a := range p.alts {
		if a.set != nil || a.document || !a.absolute || len(a.steps) != 1 || a.steps[0].attr || a.steps[0].test.kind == testNode {
			return false
		}
	}
	return len(p.alts) > 0
}
