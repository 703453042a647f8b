package xsd

import (
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// value judges the text of element or attribute n, on element el, against a simple type.
func (v *run) value(el, n xmltree.Node, simple int32, text string) {
	s := &v.s.m.Simples[simple]
	text = normalize(text, s.White)
	v.note(n, simple)
	if fault := v.fault(n, s, text); fault != "" {
		what := "element " + v.doc.QName(n)
		if el != n {
			what = "attribute " + v.doc.QName(n) + " of element " + v.doc.QName(el)
		}
		v.problem(n, RuleValue, "%s is %s: %s", what, short(text), fault)
	}
}

// fault says what is wrong with a value, "" if nothing is.
func (v *run) fault(n xmltree.Node, s *simple, text string) string {
	switch s.Variety {
	case list:
		return v.listFault(n, s, text)
	case union:
		return v.unionFault(n, s, text)
	}
	if s.Prim > primString && !lexical(s.Prim, text) {
		return "not a " + primNames[s.Prim]
	}
	if s.Prim >= primQName {
		if fault := v.nameFault(n, s.Prim, text); fault != "" {
			return fault
		}
	}
	if s.Length >= 0 || s.MinLength >= 0 || s.MaxLength >= 0 {
		if fault := lengthFault(s, length(s.Prim, text), "characters"); fault != "" {
			return fault
		}
	}
	if s.Total >= 0 || s.Fraction >= 0 {
		if fault := digitsFault(s, text); fault != "" {
			return fault
		}
	}
	for _, b := range s.Bounds {
		if !b.holds(s.Prim, text) {
			return "must be " + boundNames[b.Kind] + " " + b.Value
		}
	}
	return v.shapeFault(n, s, text)
}

// shapeFault judges patterns and enumeration.
func (v *run) shapeFault(n xmltree.Node, s *simple, text string) string {
	for _, p := range s.Patterns {
		source := v.s.m.Patterns[p]
		if !v.s.patterns[p].get(source).match(text) {
			return "does not match the pattern " + strings.ReplaceAll(source, "\x00", " or ")
		}
	}
	if s.Enum < 0 {
		return ""
	}
	if s.Variety == atomic && s.Prim == primQName {
		text = v.expanded(n, text)
	}
	e := &v.s.m.Enums[s.Enum]
	if e.has(canonicalValue(s.Variety, s.Prim, text)) {
		return ""
	}
	if len(e.Ends) > 8 {
		return fmt.Sprintf("not one of the %d allowed values", len(e.Ends))
	}
	return "not one of " + strings.Join(e.some(8), ", ")
}

func (v *run) expanded(n xmltree.Node, text string) string {
	prefix, local, ok := strings.Cut(text, ":")
	if !ok {
		prefix, local = "", text
	}
	space, _ := v.doc.LookupPrefix(n, prefix)
	return xmltree.Name{Space: space, Local: local}.String()
}

// nameFault judges names that refer to something: QName, ID, IDREF.
func (v *run) nameFault(n xmltree.Node, prim uint8, text string) string {
	switch prim {
	case primQName:
		if prefix, _, ok := strings.Cut(text, ":"); ok {
			if _, bound := v.doc.LookupPrefix(n, prefix); !bound {
				return "the prefix is not declared"
			}
		}
	case primID:
		at, _ := v.doc.Range(n)
		if v.ids == nil {
			v.ids = map[string]int{}
		}
		if first, twice := v.ids[text]; twice && first != at {
			v.problem(n, RuleIdentity, "identifier %s is used twice, first in line %d", short(text), v.doc.PosAt(first).Line)
		}
		v.ids[strings.Clone(text)] = at
	case primIDREF:
		at, _ := v.doc.Range(n)
		v.idrefs = append(v.idrefs, idref{at, v.doc.Path(n), strings.Clone(text)})
	}
	return ""
}

// references judges that each IDREF has its ID.
func (v *run) references() {
	for _, r := range v.idrefs {
		if _, ok := v.ids[r.value]; !ok {
			v.problem(0, RuleIdentity, "no element has the identifier %s", short(r.value)).Path = r.path
			v.probs[len(v.probs)-1].Pos = v.doc.PosAt(r.at)
		}
	}
}

func (v *run) listFault(n xmltree.Node, s *simple, text string) string {
	items := strings.Fields(text)
	item := &v.s.m.Simples[s.Item]
	for _, i := range items {
		if fault := v.fault(n, item, i); fault != "" {
			return "item " + short(i) + ": " + fault
		}
	}
	if fault := lengthFault(s, len(items), "items"); fault != "" {
		return fault
	}
	return v.shapeFault(n, s, text)
}

func (v *run) unionFault(n xmltree.Node, s *simple, text string) string {
	fault := ""
	for _, m := range s.Members {
		member := &v.s.m.Simples[m]
		if fault = v.fault(n, member, normalize(text, member.White)); fault == "" {
			return v.shapeFault(n, s, text)
		}
	}
	if len(s.Members) > 1 {
		return fmt.Sprintf("fits none of the %d types it may have; of the last: %s", len(s.Members), fault)
	}
	return fault
}

func lengthFault(s *simple, n int, unit string) string {
	switch {
	case s.Length >= 0 && n != int(s.Length):
		return fmt.Sprintf("has %d %s, must have %d", n, unit, s.Length)
	case s.MinLength >= 0 && n < int(s.MinLength):
		return fmt.Sprintf("has %d %s, must have at least %d", n, unit, s.MinLength)
	case s.MaxLength >= 0 && n > int(s.MaxLength):
		return fmt.Sprintf("has %d %s, may have at most %d", n, unit, s.MaxLength)
	}
	return ""
}

func digitsFault(s *simple, text string) string {
	n, ok := cutNumber(text, false)
	switch {
	case !ok:
		return ""
	case s.Total >= 0 && len(n.whole)+len(n.part) > int(s.Total):
		return fmt.Sprintf("has %d digits, may have at most %d", len(n.whole)+len(n.part), s.Total)
	case s.Fraction >= 0 && len(n.part) > int(s.Fraction):
		return fmt.Sprintf("has %d decimals, may have at most %d", len(n.part), s.Fraction)
	}
	return ""
}

func (b bound) holds(prim uint8, text string) bool {
	c, ok := order(prim, text, b.Value)
	if !ok || c == 2 {
		return false
	}
	switch b.Kind {
	case minInclusive:
		return c >= 0
	case maxInclusive:
		return c <= 0
	case minExclusive:
		return c > 0
	}
	return c < 0
}
