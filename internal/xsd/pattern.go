package xsd

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// kinds of the parts of a regular expression
const (
	rxClass uint8 = iota
	rxCat
	rxAlt
	rxRepeat
)

// rx is a part of a regular expression of XML Schema part 2, appendix F.
type rx struct {
	op       uint8
	class    class
	kids     []*rx
	min, max int // rxRepeat; max unbounded
}

// maxPattern bounds the automaton of a pattern, in places.
const maxPattern = 100_000

// translate parses a pattern.
func translate(text string) (*rx, error) {
	p := &rxParser{text: text}
	e, err := p.alternatives()
	if err == nil && p.pos < len(text) {
		err = p.fault("%q is not expected", text[p.pos:p.pos+1])
	}
	if err != nil {
		return nil, err
	}
	if n := e.size(); n > maxPattern {
		return nil, fmt.Errorf("pattern needs more than %d places", maxPattern)
	}
	return e, nil
}

func (e *rx) size() int {
	n := 1
	for _, k := range e.kids {
		n += k.size()
	}
	if e.op == rxRepeat {
		times := e.max
		if times == unbounded {
			times = e.min + 1
		}
		n *= max(times, 1)
	}
	return min(n, 2*maxPattern)
}

type rxParser struct {
	text  string
	pos   int
	depth int
}

func (p *rxParser) fault(format string, args ...any) error {
	return fmt.Errorf("at %d: %s", p.pos+1, fmt.Sprintf(format, args...))
}

func (p *rxParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *rxParser) next() rune {
	r, size := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += size
	return r
}

func (p *rxParser) alternatives() (*rx, error) {
	if p.depth++; p.depth > 100 {
		return nil, p.fault("nested deeper than 100")
	}
	defer func() { p.depth-- }()
	out := &rx{op: rxAlt}
	for {
		b, err := p.branch()
		if err != nil {
			return nil, err
		}
		out.kids = append(out.kids, b)
		if p.peek() != '|' {
			break
		}
		p.pos++
	}
	if len(out.kids) == 1 {
		return out.kids[0], nil
	}
	return out, nil
}

func (p *rxParser) branch() (*rx, error) {
	out := &rx{op: rxCat}
	for p.pos < len(p.text) && p.peek() != '|' && p.peek() != ')' {
		a, err := p.atom()
		if err != nil {
			return nil, err
		}
		if a, err = p.quantified(a); err != nil {
			return nil, err
		}
		out.kids = append(out.kids, a)
	}
	return out, nil
}

func (p *rxParser) atom() (*rx, error) {
	switch p.peek() {
	case '(':
		p.pos++
		e, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		if p.peek() != ')' {
			return nil, p.fault("\")\" is missing")
		}
		p.pos++
		return e, nil
	case '[':
		c, err := p.bracket()
		return &rx{class: c}, err
	case '\\':
		c, _, err := p.escape()
		return &rx{class: c}, err
	case '.':
		p.pos++
		return &rx{class: dotClass}, nil
	case '*', '+', '?', '{', '}', ']':
		if b := p.peek(); b != '}' && b != ']' && b != '{' {
			return nil, p.fault("nothing to repeat")
		}
	}
	r := p.next()
	return &rx{class: class{r, r}}, nil
}

func (p *rxParser) quantified(a *rx) (*rx, error) {
	low, high := 1, 1
	switch p.peek() {
	case '?':
		low, p.pos = 0, p.pos+1
	case '*':
		low, high, p.pos = 0, unbounded, p.pos+1
	case '+':
		high, p.pos = unbounded, p.pos+1
	case '{':
		end := strings.IndexByte(p.text[p.pos:], '}')
		if end < 0 {
			return nil, p.fault("\"}\" is missing")
		}
		var ok bool
		if low, high, ok = quantity(p.text[p.pos+1 : p.pos+end]); !ok {
			return nil, p.fault("%q is no quantity", p.text[p.pos:p.pos+end+1])
		}
		p.pos += end + 1
	default:
		return a, nil
	}
	return p.quantified(&rx{op: rxRepeat, kids: []*rx{a}, min: low, max: high})
}

// quantity reads n, n, or n,m.
func quantity(s string) (low, high int, ok bool) {
	from, to, ranged := strings.Cut(s, ",")
	if low, ok = digits(from); !ok {
		return 0, 0, false
	}
	switch {
	case !ranged:
		return low, low, true
	case to == "":
		return low, unbounded, true
	}
	high, ok = digits(to)
	return low, high, ok && high >= low
}

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 1_000_000 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

// escape reads what begins with "\"; single is false for a class of several characters.
func (p *rxParser) escape() (c class, single bool, err error) {
	p.pos++
	if p.pos >= len(p.text) {
		return nil, false, p.fault("\"\\\" at the end")
	}
	r := p.next()
	switch r {
	case 'n':
		return class{'\n', '\n'}, true, nil
	case 'r':
		return class{'\r', '\r'}, true, nil
	case 't':
		return class{'\t', '\t'}, true, nil
	case 'p', 'P':
		end := strings.IndexByte(p.text[p.pos:], '}')
		if p.peek() != '{' || end < 0 {
			return nil, false, p.fault("\"{\" is missing")
		}
		c, ok := propertyClass(p.text[p.pos+1 : p.pos+end])
		if !ok {
			return nil, false, p.fault("unknown property %q", p.text[p.pos+1:p.pos+end])
		}
		p.pos += end + 1
		if r == 'P' {
			c = c.not()
		}
		return c, false, nil
	}
	if c, ok := escapeClass(r); ok {
		return c, false, nil
	}
	if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
		return nil, false, p.fault("unknown escape \\%c", r)
	}
	return class{r, r}, true, nil
}

// bracket reads a class in brackets, with subtraction.
func (p *rxParser) bracket() (class, error) {
	p.pos++
	negative := p.peek() == '^'
	if negative {
		p.pos++
	}
	var c, minus class
	for first := true; p.peek() != ']' || first; first = false {
		if p.pos >= len(p.text) {
			return nil, p.fault("\"]\" is missing")
		}
		if strings.HasPrefix(p.text[p.pos:], "-[") && !first {
			p.pos++
			var err error
			if minus, err = p.bracket(); err != nil {
				return nil, err
			}
			if p.peek() != ']' {
				return nil, p.fault("\"]\" is missing after a subtraction")
			}
			break
		}
		part, err := p.span()
		if err != nil {
			return nil, err
		}
		c = append(c, part...)
	}
	p.pos++
	c = newClass(c...)
	if negative {
		c = c.not()
	}
	if minus != nil {
		c = c.without(minus)
	}
	return c, nil
}

// span reads one character, range or escape inside brackets.
func (p *rxParser) span() (class, error) {
	low, single, err := p.member()
	if err != nil || !single || p.peek() != '-' || strings.HasPrefix(p.text[p.pos:], "-]") || strings.HasPrefix(p.text[p.pos:], "-[") {
		return low, err
	}
	p.pos++
	high, single, err := p.member()
	if err != nil {
		return nil, err
	}
	if !single || high[0] < low[0] {
		return nil, p.fault("a range that does not ascend")
	}
	return class{low[0], high[0]}, nil
}

func (p *rxParser) member() (class, bool, error) {
	if p.peek() == '\\' {
		return p.escape()
	}
	if p.pos >= len(p.text) {
		return nil, false, p.fault("\"]\" is missing")
	}
	r := p.next()
	return class{r, r}, true, nil
}
