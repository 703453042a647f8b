package document

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// node is a JSON value with its place in the bytes.
type node struct {
	kind kind
	off  int    // of the value
	name string // of the member this value belongs to
	at   int    // of that name
	text string // of a string; digits of a number, as written
	num  decimal.Decimal
	kids []*node
}

type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	listKind
	mapKind
)

var kindWords = [...]string{"nothing", "true or false", "a number", "a text", "a list", "an object"}

// fault is a problem at a byte.
type fault struct {
	off     int
	rule    string
	message string
	hint    string
}

// scanner reads JSON (RFC 8259) strictly: no comments, no duplicate names, no
// half surrogates, nothing behind the value.
type scanner struct {
	data   []byte
	off    int
	nodes  int
	limits Limits
	faults []fault
}

// stop unwinds the scanner after a fault that leaves nothing to go on with.
type stop struct{ fault }

// scan returns the value in data, or nil and what is wrong. Duplicate names
// are collected; anything else ends the reading.
func scan(data []byte, limits Limits) (root *node, faults []fault) {
	s := &scanner{data: data, limits: limits}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stop:
			root, faults = nil, append(s.faults, r.fault)
		default:
			panic(r)
		}
	}()
	s.encoding()
	s.blank()
	if s.off == len(data) {
		s.fail(s.off, RuleSyntax, "the document is empty", "a document is one JSON object")
	}
	root = s.value(1)
	s.blank()
	if s.off < len(data) {
		s.fail(s.off, RuleSyntax, "there is more after the end of the document", "one file holds one document")
	}
	return root, s.faults
}

func (s *scanner) fail(off int, rule, message, hint string) {
	panic(stop{fault{off, rule, message, hint}})
}

// encoding refuses everything but UTF-8. Source: RFC 8259, clause 8.1.
func (s *scanner) encoding() {
	d := s.data
	const hint = "write the document in UTF-8 without a byte order mark"
	switch {
	case len(d) >= 3 && d[0] == 0xEF && d[1] == 0xBB && d[2] == 0xBF:
		s.fail(0, RuleEncoding, "the document begins with a byte order mark", hint)
	case len(d) >= 2 && (d[0] == 0xFE && d[1] == 0xFF || d[0] == 0xFF && d[1] == 0xFE || d[0] == 0 || d[1] == 0):
		s.fail(0, RuleEncoding, "the document is not UTF-8 but looks like UTF-16 or UTF-32", hint)
	}
	if utf8.Valid(d) {
		return
	}
	for i := 0; i < len(d); {
		r, n := utf8.DecodeRune(d[i:])
		if r == utf8.RuneError && n == 1 {
			s.fail(i, RuleEncoding, "the byte 0x"+strconv.FormatUint(uint64(d[i]), 16)+" is not UTF-8", hint)
		}
		i += n
	}
}

func (s *scanner) blank() {
	for s.off < len(s.data) {
		switch s.data[s.off] {
		case ' ', '\t', '\n', '\r':
			s.off++
		default:
			return
		}
	}
}

// next returns the byte at hand after white space, or 0 at the end.
func (s *scanner) next() byte {
	s.blank()
	if s.off == len(s.data) {
		s.fail(s.off, RuleSyntax, "the document ends too early", "it looks truncated")
	}
	return s.data[s.off]
}

func (s *scanner) value(depth int) *node {
	c := s.next()
	if depth > s.limits.Depth {
		s.fail(s.off, RuleSize, "lists and objects are nested deeper than "+strconv.Itoa(s.limits.Depth), "no business document goes that deep: is it the right file?")
	}
	if s.nodes++; s.nodes > s.limits.Nodes {
		s.fail(s.off, RuleSize, "the document has more than "+strconv.Itoa(s.limits.Nodes)+" values", "")
	}
	n := &node{off: s.off}
	switch {
	case c == '{':
		n.kind = mapKind
		s.object(n, depth)
	case c == '[':
		n.kind = listKind
		s.list(n, depth)
	case c == '"':
		n.kind, n.text = stringKind, s.str()
	case c == '-' || c >= '0' && c <= '9':
		s.number(n)
	default:
		s.word(n)
	}
	return n
}

func (s *scanner) object(n *node, depth int) {
	s.off++
	var seen map[string]int
	for first := true; ; first = false {
		c := s.next()
		if c == '}' && first {
			break
		}
		if c != '"' {
			s.unexpected("a name in quotes")
		}
		at := s.off
		name := s.str()
		if s.next() != ':' {
			s.unexpected(`":"`)
		}
		s.off++
		kid := s.value(depth + 1)
		kid.name, kid.at = name, at
		seen = s.member(n, kid, seen)
		if c = s.next(); c == '}' {
			break
		}
		s.comma(c, `"," or "}"`)
	}
	s.off++
}

// member adds kid to n unless its name stands there already. Beyond a few
// members a map remembers the names.
func (s *scanner) member(n, kid *node, seen map[string]int) map[string]int {
	const few = 12
	double := -1
	if seen != nil {
		if i, ok := seen[kid.name]; ok {
			double = i
		}
		seen[kid.name] = len(n.kids)
	} else {
		for i, k := range n.kids {
			if k.name == kid.name {
				double = i
			}
		}
	}
	if double >= 0 {
		s.fault(kid.at, RuleDuplicate, "the field "+quote(kid.name)+" stands here twice", "it stands on "+place(s.data, n.kids[double].at)+" already")
		return seen
	}
	n.kids = append(n.kids, kid)
	if len(n.kids) == few {
		seen = map[string]int{}
		for i, k := range n.kids {
			seen[k.name] = i
		}
	}
	return seen
}

// fault notes a problem and lets the reading go on, up to a bound.
func (s *scanner) fault(off int, rule, message, hint string) {
	if len(s.faults) == maxProblems {
		s.fail(off, rule, message+"; more problems are not listed", hint)
	}
	s.faults = append(s.faults, fault{off, rule, message, hint})
}

func (s *scanner) list(n *node, depth int) {
	s.off++
	if s.next() == ']' {
		s.off++
		return
	}
	for {
		n.kids = append(n.kids, s.value(depth+1))
		c := s.next()
		if c == ']' {
			s.off++
			return
		}
		s.comma(c, `"," or "]"`)
	}
}

func (s *scanner) comma(c byte, wanted string) {
	if c != ',' {
		s.unexpected(wanted)
	}
	s.off++
	if c = s.next(); c == '}' || c == ']' {
		s.fail(s.off, RuleSyntax, "a comma before the end of a list or object", "remove it")
	}
}

func (s *scanner) unexpected(wanted string) {
	r, _ := utf8.DecodeRune(s.data[s.off:])
	hint := habits[r]
	if r == '"' && strings.HasPrefix(wanted, `","`) {
		hint = "a comma is missing behind the value before"
	}
	s.fail(s.off, RuleSyntax, "found "+strconv.QuoteRune(r)+" where "+wanted+" is expected", hint)
}

// habits are what other languages write and JSON does not.
var habits = map[rune]string{
	'\'': "names and texts stand in double quotation marks",
	'“':  "names and texts stand in straight double quotation marks",
	'/':  "JSON has no comments",
	'#':  "JSON has no comments",
	'N':  "JSON has no NaN and no None: leave the field out",
	'I':  "JSON has no Infinity: leave the field out",
	'T':  "write true",
	'F':  "write false",
	'+':  "a number has no plus sign",
	'.':  "a number begins with a digit: 0.5",
}

func (s *scanner) word(n *node) {
	for _, w := range [...]struct {
		text string
		kind kind
	}{{"true", boolKind}, {"false", boolKind}, {"null", nullKind}} {
		if len(s.data)-s.off >= len(w.text) && string(s.data[s.off:s.off+len(w.text)]) == w.text {
			n.kind, n.text = w.kind, w.text
			s.off += len(w.text)
			return
		}
	}
	s.unexpected("a value")
}

// number reads a number exactly. One that cannot be held is refused here,
// before anything else tries to work it out.
func (s *scanner) number(n *node) {
	from := s.off
	for s.off < len(s.data) {
		c := s.data[s.off]
		if c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E' {
			s.off++
			continue
		}
		break
	}
	n.kind, n.text = numberKind, string(s.data[from:s.off])
	d, err := decimal.ParseJSON(n.text)
	if err != nil {
		s.fail(from, RuleSyntax, "this number cannot be read exactly: "+err.Error(), "a number is digits with at most one point")
	}
	n.num = d
}

// str reads a string from its opening quote on.
func (s *scanner) str() string {
	from := s.off
	s.off++
	for i := s.off; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			text := string(s.data[s.off:i])
			s.off = i + 1
			return text
		case c == '\\':
			return s.escaped(from, i)
		case c < 0x20:
			s.fail(i, RuleSyntax, "a control character inside a text", `write it as \n, \t or \u00XX`)
		}
	}
	s.fail(from, RuleSyntax, "a text that does not end", "it looks truncated")
	return ""
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads the rest of a string whose first backslash is at i.
func (s *scanner) escaped(from, i int) string {
	text := append([]byte(nil), s.data[s.off:i]...)
	for i < len(s.data) {
		c := s.data[i]
		switch {
		case c == '"':
			s.off = i + 1
			return string(text)
		case c < 0x20:
			s.fail(i, RuleSyntax, "a control character inside a text", `write it as \n, \t or \u00XX`)
		case c != '\\':
			text = append(text, c)
			i++
		case i+1 < len(s.data) && s.data[i+1] == 'u':
			var r rune
			r, i = s.unicode(i)
			text = utf8.AppendRune(text, r)
		case i+1 < len(s.data) && escapes[s.data[i+1]] != 0:
			text = append(text, escapes[s.data[i+1]])
			i += 2
		default:
			s.fail(i, RuleSyntax, "an escape that JSON does not know", `known are \" \\ \/ \b \f \n \r \t \uXXXX`)
		}
	}
	s.fail(from, RuleSyntax, "a text that does not end", "it looks truncated")
	return ""
}

// unicode reads \uXXXX at i, a pair of them for a character beyond U+FFFF.
func (s *scanner) unicode(i int) (rune, int) {
	r, ok := s.hex(i)
	i2 := i + 6
	if ok && utf16.IsSurrogate(r) {
		low, second := s.hex(i2)
		r, ok = utf16.DecodeRune(r, low), second
		ok = ok && r != utf8.RuneError
		i2 += 6
	}
	if !ok {
		s.fail(i, RuleSyntax, "an escape that is no character", `write \u and four hexadecimal digits, a pair of them beyond U+FFFF`)
	}
	return r, i2
}

func (s *scanner) hex(i int) (rune, bool) {
	if i+6 > len(s.data) || s.data[i] != '\\' || s.data[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[i+2:i+6]), 16, 32)
	return rune(n), err == nil
}

// plain returns n as decoded JSON; members that are null are left out.
func (n *node) plain() any {
	switch n.kind {
	case mapKind:
		m := make(map[string]any, len(n.kids))
		for _, k := range n.kids {
			if k.kind != nullKind {
				m[k.name] = k.plain()
			}
		}
		return m
	case listKind:
		l := make([]any, len(n.kids))
		for i, k := range n.kids {
			l[i] = k.plain()
		}
		return l
	case stringKind:
		return n.text
	case numberKind:
		return json.Number(n.text)
	case boolKind:
		return n.text == "true"
	}
	return nil
}

func (n *node) kid(name string) *node {
	if n != nil && n.kind == mapKind {
		for _, k := range n.kids {
			if k.name == name {
				return k
			}
		}
	}
	return nil
}

func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "..."
	}
	return strconv.Quote(s)
}

func place(data []byte, off int) string {
	p := newPlaces("", data).at(off)
	return "line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column)
}
