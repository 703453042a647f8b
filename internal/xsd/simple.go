package xsd

import (
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// simple is a simple type definition with all facets of its bases.
type simple struct {
	Name    int32 // -1 if anonymous
	Type    int32 // the type that stands for it, -1 if none
	Base    int32
	Variety uint8
	Prim    uint8 // value space of an atomic type
	White   uint8
	Item    int32
	Members []int32

	Length, MinLength, MaxLength, Total, Fraction int32 // -1 for none
	Bounds                                        []bound
	Patterns                                      []int32 // all must match
	Enum                                          int32
}

// varieties
const (
	atomic uint8 = iota
	list
	union
)

// white space handling
const (
	preserve uint8 = iota
	replace
	collapse
)

// bound is one of the four limits of an ordered type.
type bound struct {
	Kind  uint8
	Value string
}

const (
	minInclusive uint8 = iota
	maxInclusive
	minExclusive
	maxExclusive
)

var boundNames = [...]string{"at least", "at most", "more than", "less than"}

// value spaces of atomic types
const (
	primAny uint8 = iota
	primString
	primBoolean
	primDecimal
	primInteger
	primFloat
	primDouble
	primDuration
	primDateTime
	primTime
	primDate
	primYearMonth
	primYear
	primMonthDay
	primDay
	primMonth
	primHex
	primBase64
	primURI
	primQName
	primLanguage
	primNmtoken
	primName
	primNCName
	primID
	primIDREF
	primNotation
)

// indices of the types every schema has
const (
	typeAny   int32 = 0
	simpleAny int32 = 0
)

// builtin is a type of XML Schema part 2: its base by name, and what it adds.
type builtin struct {
	name, base string
	prim       uint8
	white      uint8
	low, high  string
}

var builtins = []builtin{
	{"string", "anySimpleType", primString, preserve, "", ""},
	{"boolean", "anySimpleType", primBoolean, collapse, "", ""},
	{"decimal", "anySimpleType", primDecimal, collapse, "", ""},
	{"float", "anySimpleType", primFloat, collapse, "", ""},
	{"double", "anySimpleType", primDouble, collapse, "", ""},
	{"duration", "anySimpleType", primDuration, collapse, "", ""},
	{"dateTime", "anySimpleType", primDateTime, collapse, "", ""},
	{"time", "anySimpleType", primTime, collapse, "", ""},
	{"date", "anySimpleType", primDate, collapse, "", ""},
	{"gYearMonth", "anySimpleType", primYearMonth, collapse, "", ""},
	{"gYear", "anySimpleType", primYear, collapse, "", ""},
	{"gMonthDay", "anySimpleType", primMonthDay, collapse, "", ""},
	{"gDay", "anySimpleType", primDay, collapse, "", ""},
	{"gMonth", "anySimpleType", primMonth, collapse, "", ""},
	{"hexBinary", "anySimpleType", primHex, collapse, "", ""},
	{"base64Binary", "anySimpleType", primBase64, collapse, "", ""},
	{"anyURI", "anySimpleType", primURI, collapse, "", ""},
	{"QName", "anySimpleType", primQName, collapse, "", ""},
	{"NOTATION", "anySimpleType", primNotation, collapse, "", ""},
	{"normalizedString", "string", primString, replace, "", ""},
	{"token", "normalizedString", primString, collapse, "", ""},
	{"language", "token", primLanguage, collapse, "", ""},
	{"NMTOKEN", "token", primNmtoken, collapse, "", ""},
	{"Name", "token", primName, collapse, "", ""},
	{"NCName", "Name", primNCName, collapse, "", ""},
	{"ID", "NCName", primID, collapse, "", ""},
	{"IDREF", "NCName", primIDREF, collapse, "", ""},
	{"ENTITY", "NCName", primNCName, collapse, "", ""},
	{"integer", "decimal", primInteger, collapse, "", ""},
	{"nonPositiveInteger", "integer", primInteger, collapse, "", "0"},
	{"negativeInteger", "nonPositiveInteger", primInteger, collapse, "", "-1"},
	{"long", "integer", primInteger, collapse, "-9223372036854775808", "9223372036854775807"},
	{"int", "long", primInteger, collapse, "-2147483648", "2147483647"},
	{"short", "int", primInteger, collapse, "-32768", "32767"},
	{"byte", "short", primInteger, collapse, "-128", "127"},
	{"nonNegativeInteger", "integer", primInteger, collapse, "0", ""},
	{"unsignedLong", "nonNegativeInteger", primInteger, collapse, "0", "18446744073709551615"},
	{"unsignedInt", "unsignedLong", primInteger, collapse, "0", "4294967295"},
	{"unsignedShort", "unsignedInt", primInteger, collapse, "0", "65535"},
	{"unsignedByte", "unsignedShort", primInteger, collapse, "0", "255"},
	{"positiveInteger", "nonNegativeInteger", primInteger, collapse, "1", ""},
}

func newSimple(base int32) simple {
	return simple{Name: none, Type: none, Base: base, Item: none, Length: none, MinLength: none, MaxLength: none, Total: none, Fraction: none, Enum: none}
}

// builtins defines the types of XML Schema part 2.
func (c *compiler) builtins() {
	xs := func(local string) xmltree.Name { return xmltree.Name{Space: Space, Local: local} }
	c.m.Types = append(c.m.Types, typ{Name: c.name(xs("anyType")), Base: none, Simple: none, Machine: none, Content: contentAny, Wild: c.wild(wildcard{Any: true, Process: processLax})})
	c.types[xs("anyType")] = typeAny
	c.m.ByType = append(c.m.ByType, ref{c.m.Types[0].Name, typeAny})
	add := func(name string, s simple) int32 {
		s.Name, s.Type = c.name(xs(name)), int32(len(c.m.Types))
		c.m.Simples = append(c.m.Simples, s)
		i := int32(len(c.m.Simples) - 1)
		c.types[xs(name)] = s.Type
		c.m.ByType = append(c.m.ByType, ref{s.Name, s.Type})
		base := typeAny
		if s.Base != none {
			base = c.m.Simples[s.Base].Type
		}
		c.m.Types = append(c.m.Types, typ{Name: s.Name, Base: base, Simple: i, Machine: none, Wild: none})
		return i
	}
	byName := map[string]int32{"anySimpleType": add("anySimpleType", newSimple(none))}
	for _, b := range builtins {
		s := newSimple(byName[b.base])
		s.Prim, s.White = b.prim, b.white
		s.bound(minInclusive, b.low)
		s.bound(maxInclusive, b.high)
		byName[b.name] = add(b.name, s)
	}
	for plural, item := range map[string]string{"NMTOKENS": "NMTOKEN", "IDREFS": "IDREF", "ENTITIES": "ENTITY"} {
		s := newSimple(simpleAny)
		s.Variety, s.White, s.Item, s.MinLength = list, collapse, byName[item], 1
		add(plural, s)
	}
}

func (s *simple) bound(kind uint8, value string) {
	if value == "" {
		return
	}
	for i, b := range s.Bounds {
		if b.Kind == kind {
			s.Bounds[i].Value = value
			return
		}
	}
	s.Bounds = append(s.Bounds, bound{kind, value})
}

// simpleType compiles a simpleType element and returns its index.
func (c *compiler) simpleType(p place) int32 {
	in, ok := p.first("restriction", "list", "union")
	if !ok {
		c.fault(p, "simpleType without restriction, list or union")
		return simpleAny
	}
	i := simpleAny
	switch in.kind() {
	case "restriction":
		base := simpleAny
		if in.has("base") {
			if name, ok := c.qname(in, "base"); ok {
				base = c.simpleNamed(in, name)
			}
		} else if t, ok := in.first("simpleType"); ok {
			base = c.simpleType(t)
		}
		i = c.restrict(in, base)
	case "list":
		s := newSimple(simpleAny)
		s.Variety, s.White = list, collapse
		s.Item = c.referred(in, "itemType")[0]
		i = c.addSimple(s)
	case "union":
		s := newSimple(simpleAny)
		s.Variety, s.Members = union, c.referred(in, "memberTypes")
		i = c.addSimple(s)
	}
	if p.has("name") {
		c.m.Simples[i].Name = c.name(xmltree.Name{Space: p.f.space, Local: p.attr("name")})
	}
	return i
}

// referred returns the simple types that an attribute names or that stand inside p, at least one.
func (c *compiler) referred(p place, attr string) []int32 {
	var out []int32
	for _, word := range strings.Fields(p.attr(attr)) {
		if name, ok := c.resolve(p, word); ok {
			out = append(out, c.simpleNamed(p, name))
		}
	}
	for k := range p.kids {
		if k.kind() == "simpleType" {
			out = append(out, c.simpleType(k))
		}
	}
	if len(out) == 0 {
		c.fault(p, "%s without a type", p.kind())
		return []int32{simpleAny}
	}
	return out
}

func (c *compiler) addSimple(s simple) int32 {
	c.m.Simples = append(c.m.Simples, s)
	return int32(len(c.m.Simples) - 1)
}

// restrict adds the facets in p to a copy of base. It always makes a new type,
// so that each has its own name.
func (c *compiler) restrict(p place, base int32) int32 {
	s := c.m.Simples[base]
	s.Name, s.Type, s.Base = none, none, base
	s.Bounds = append([]bound{}, s.Bounds...)
	s.Patterns = append([]int32{}, s.Patterns...)
	var patterns []string
	var values []place
	for k := range p.kids {
		switch k.kind() {
		case "enumeration":
			values = append(values, k)
		case "pattern":
			v, _ := k.f.doc.Attr(k.n, "value")
			patterns = append(patterns, v)
		default:
			c.facet(&s, k)
		}
	}
	if len(patterns) > 0 {
		s.Patterns = append(s.Patterns, c.pattern(p, patterns))
	}
	if len(values) > 0 {
		s.Enum = c.enumeration(&s, values)
	}
	return c.addSimple(s)
}

func (c *compiler) facet(s *simple, p place) {
	raw, _ := p.f.doc.Attr(p.n, "value")
	value := strings.TrimSpace(raw)
	number := func() int32 {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 {
			c.fault(p, "%q is not a number for %s", value, p.kind())
			return none
		}
		return int32(n)
	}
	switch p.kind() {
	case "length":
		s.Length = number()
	case "minLength":
		s.MinLength = number()
	case "maxLength":
		s.MaxLength = number()
	case "totalDigits":
		s.Total = number()
	case "fractionDigits":
		s.Fraction = number()
	case "whiteSpace":
		s.White = map[string]uint8{"replace": replace, "collapse": collapse}[value]
	case "minInclusive":
		s.limit(c, p, minInclusive, value)
	case "maxInclusive":
		s.limit(c, p, maxInclusive, value)
	case "minExclusive":
		s.limit(c, p, minExclusive, value)
	case "maxExclusive":
		s.limit(c, p, maxExclusive, value)
	}
}

func (s *simple) limit(c *compiler, p place, kind uint8, value string) {
	if _, ok := order(s.Prim, value, value); !ok {
		c.fault(p, "%q is not a limit for this type", value)
		return
	}
	s.bound(kind, value)
}

// pattern returns the index of the patterns of one derivation step, of which one must match.
func (c *compiler) pattern(p place, patterns []string) int32 {
	key := strings.Join(patterns, "\x00")
	for i, known := range c.m.Patterns {
		if known == key {
			return int32(i)
		}
	}
	for _, text := range patterns {
		if _, err := translate(text); err != nil {
			c.fault(p, "pattern %q: %v", text, err)
		}
	}
	c.m.Patterns = append(c.m.Patterns, key)
	return int32(len(c.m.Patterns) - 1)
}

// enumeration builds the set of allowed values.
func (c *compiler) enumeration(s *simple, values []place) int32 {
	texts := make([]string, 0, len(values))
	for _, p := range values {
		raw, _ := p.f.doc.Attr(p.n, "value")
		v := normalize(raw, s.White)
		if s.Variety == atomic && s.Prim == primQName {
			name, _ := c.resolve(p, v)
			v = name.String()
		}
		texts = append(texts, canonicalValue(s.Variety, s.Prim, v))
	}
	c.m.Enums = append(c.m.Enums, newEnum(texts))
	return int32(len(c.m.Enums) - 1)
}
