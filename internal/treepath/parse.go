package treepath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSteps bounds a path, predicates included: paths come from package authors.
const maxSteps = 256

// Compile reads a path. ns gives the namespaces of prefixes. The error is an *Error.
func Compile(path string, ns map[string]string) (*Path, error) {
	c := &compiler{text: path, ns: ns}
	p, err := c.path(false)
	if err == nil && c.pos < len(path) {
		err = c.fault("%q is not expected here", c.rest(1))
	}
	if err != nil {
		return nil, err
	}
	p.text = path
	return p, nil
}

type compiler struct {
	text  string
	pos   int
	count int
	ns    map[string]string
}

func (c *compiler) fault(format string, args ...any) error {
	return &Error{c.text, min(c.pos, len(c.text)), fmt.Sprintf(format, args...)}
}

// rest returns the next n characters.
func (c *compiler) rest(n int) string {
	s := c.text[c.pos:]
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func (c *compiler) take(s string) bool {
	if strings.HasPrefix(c.text[c.pos:], s) {
		c.pos += len(s)
		return true
	}
	return false
}

func (c *compiler) blank() {
	for c.pos < len(c.text) && strings.IndexByte(" \t\n", c.text[c.pos]) >= 0 {
		c.pos++
	}
}

func (c *compiler) path(inner bool) (*Path, error) {
	start := c.pos
	p := &Path{}
	deep := false
	if !inner || strings.HasPrefix(c.text[c.pos:], "//") {
		switch {
		case c.take("//"):
			deep = true
		case c.take("/"):
			p.absolute = true
			if c.pos == len(c.text) {
				return p, nil
			}
		}
	}
	for {
		s, err := c.step(deep)
		if err != nil {
			return nil, err
		}
		p.steps = append(p.steps, s)
		switch {
		case c.take("//"):
			deep = true
		case c.take("/"):
			deep = false
		default:
			p.text = c.text[start:c.pos]
			return p, nil
		}
	}
}

func (c *compiler) step(deep bool) (step, error) {
	s := step{deep: deep}
	if c.count++; c.count > maxSteps {
		return s, c.fault("more than %d steps", maxSteps)
	}
	switch {
	case c.take(".."):
		s.axis, s.any = parent, true
	case c.take("."):
		s.axis, s.any = self, true
	default:
		if c.take("@") {
			s.axis = attribute
		}
		if err := c.test(&s); err != nil {
			return s, err
		}
	}
	for c.take("[") {
		p, err := c.predicate()
		if err != nil {
			return s, err
		}
		s.preds = append(s.preds, p)
	}
	return s, nil
}

// test reads the name of a step: *, name, prefix:name or prefix:*.
func (c *compiler) test(s *step) error {
	if c.take("*") {
		s.any = true
		return nil
	}
	name := c.name()
	if name == "" {
		if c.pos == len(c.text) {
			return c.fault("a name is missing at the end")
		}
		return c.fault("%q where a name is expected", c.rest(1))
	}
	s.local = name
	if !c.take(":") {
		return nil
	}
	space, ok := c.ns[name]
	if !ok && name != "xml" {
		c.pos -= len(name) + 1
		return c.fault("prefix %q has no namespace", name)
	}
	if !ok {
		space = "http://www.w3.org/XML/1998/namespace"
	}
	s.bound, s.space = true, space
	if c.take("*") {
		s.any, s.local = true, ""
		return nil
	}
	if s.local = c.name(); s.local == "" {
		return c.fault("a name is missing after the prefix")
	}
	return nil
}

// name reads a name without colon. Members of JSON may have names that are no
// XML names: letters, digits, "_", "-", "." and "$" in any order are accepted.
func (c *compiler) name() string {
	start := c.pos
	for c.pos < len(c.text) {
		r, size := utf8.DecodeRuneInString(c.text[c.pos:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_-.$·", r) {
			break
		}
		c.pos += size
	}
	return c.text[start:c.pos]
}

// predicate reads what follows "[" up to and with "]".
func (c *compiler) predicate() (p predicate, err error) {
	c.blank()
	start := c.pos
	for c.pos < len(c.text) && c.text[c.pos] >= '0' && c.text[c.pos] <= '9' {
		c.pos++
	}
	switch digits := c.text[start:c.pos]; {
	case digits != "":
		if p.position, err = strconv.Atoi(digits); err != nil || p.position < 1 {
			c.pos = start
			return p, c.fault("a position counts from 1")
		}
	case c.take("last()"):
		p.position = -1
	default:
		if p.path, err = c.path(true); err != nil {
			return p, err
		}
		if p.text, err = c.equals(); err != nil {
			return p, err
		}
	}
	c.blank()
	if !c.take("]") {
		return p, c.fault("\"]\" is missing")
	}
	return p, nil
}

// equals reads = 'text'.
func (c *compiler) equals() (string, error) {
	c.blank()
	if !c.take("=") {
		return "", c.fault("\"=\" is expected after the path of a predicate")
	}
	c.blank()
	quote := c.rest(1)
	if quote != "'" && quote != "\"" {
		return "", c.fault("a text in quotes is expected after \"=\"")
	}
	text, _, ok := strings.Cut(c.text[c.pos+1:], quote)
	if !ok {
		return "", c.fault("the quote is not closed")
	}
	c.pos += len(text) + 2
	return text, nil
}
