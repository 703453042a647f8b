package xmltree

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// value is a piece of text: in src, or in buf if it needed unescaping.
type value struct {
	at, size int32
	flags    uint8
}

func (p *parser) valueText(v value) string {
	if v.size == 0 {
		return ""
	}
	if v.flags&inBuffer != 0 {
		return string(p.buf[v.at : v.at+v.size])
	}
	return p.src[v.at : v.at+v.size]
}

// attributeValue reads a quoted value at i and moves behind it.
func (p *parser) attributeValue(i int) (value, bool) {
	quote := p.src[i]
	from := i + 1
	seg, buffered := from, -1
	for i = from; i < len(p.src); {
		b := p.src[i]
		if class[b]&stopsAttr == 0 || b != quote && (b == '"' || b == '\'') {
			i++
			continue
		}
		if b == quote {
			p.pos = i + 1
			if buffered < 0 {
				return value{at: int32(from), size: int32(i - from)}, true
			}
			p.buf = append(p.buf, p.src[seg:i]...)
			return value{int32(buffered), int32(len(p.buf) - buffered), inBuffer}, true
		}
		if b == 0xEF && !notChar(p.src[i:]) {
			i++
			continue
		}
		if buffered < 0 {
			buffered = len(p.buf)
		}
		p.buf = append(p.buf, p.src[seg:i]...)
		var ok bool
		if i, ok = p.attributeSpecial(i); !ok {
			return value{}, false
		}
		seg = i
	}
	return value{}, p.fail(from-1, RuleSyntax, "value of an attribute is not closed")
}

// attributeSpecial unescapes what stands at i in an attribute value into buf (XML 1.0, 3.3.3).
func (p *parser) attributeSpecial(i int) (int, bool) {
	switch b := p.src[i]; b {
	case '&':
		return p.reference(i)
	case '<':
		return i, p.fail(i, RuleSyntax, "\"<\" in the value of an attribute")
	case '\r':
		p.buf = append(p.buf, ' ')
		if i+1 < len(p.src) && p.src[i+1] == '\n' {
			return i + 2, true
		}
		return i + 1, true
	case '\n', '\t':
		p.buf = append(p.buf, ' ')
		return i + 1, true
	}
	return i, p.badChar(i)
}

func (p *parser) badChar(i int) bool {
	return p.fail(i, RuleSyntax, "character %s is not allowed in XML", quoted(string(firstRune(p.src[i:]))))
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// text reads a run of text, references and CDATA sections as one node.
func (p *parser) text() bool {
	if p.cur == 0 {
		return p.outside()
	}
	s, start := p.src, p.pos
	i, seg, buffered := start, start, -1
	for i < len(s) {
		b := s[i]
		if class[b]&stopsText == 0 {
			i++
			continue
		}
		switch {
		case b == ']':
			if strings.HasPrefix(s[i:], "]]>") {
				return p.fail(i, RuleSyntax, "\"]]>\" in text")
			}
			i++
			continue
		case b == 0xEF && !notChar(s[i:]):
			i++
			continue
		case b == '<' && !strings.HasPrefix(s[i:], "<![CDATA["):
			return p.endText(start, seg, i, buffered)
		}
		if buffered < 0 {
			buffered = len(p.buf)
		}
		p.buf = append(p.buf, s[seg:i]...)
		var ok bool
		if i, ok = p.textSpecial(i); !ok {
			return false
		}
		seg = i
	}
	return p.endText(start, seg, i, buffered)
}

// endText adds the node of a text that ends at i. Text that came down to nothing is no node.
func (p *parser) endText(start, seg, i, buffered int) bool {
	v := value{at: int32(start), size: int32(i - start)}
	if buffered >= 0 {
		p.buf = append(p.buf, p.src[seg:i]...)
		v = value{int32(buffered), int32(len(p.buf) - buffered), inBuffer}
	}
	p.pos = i
	if v.size == 0 {
		return true
	}
	n := p.add(TextNode, start)
	if n == None {
		return false
	}
	t := &p.nodes[n]
	t.stop, t.val, t.size, t.flags = int32(i), v.at, v.size, v.flags
	if p.allWhite(v) {
		t.flags |= white
	}
	return p.sink == nil || p.wrote(n)
}

func (p *parser) allWhite(v value) bool {
	s := p.src
	if v.flags&inBuffer != 0 {
		s = unsafe.String(unsafe.SliceData(p.buf), len(p.buf))
	}
	for _, b := range []byte(s[v.at : v.at+v.size]) {
		if class[b]&isSpace == 0 {
			return false
		}
	}
	return true
}

// textSpecial unescapes what stands at i in text into buf.
func (p *parser) textSpecial(i int) (int, bool) {
	switch p.src[i] {
	case '&':
		return p.reference(i)
	case '\r':
		p.buf = append(p.buf, '\n')
		if i+1 < len(p.src) && p.src[i+1] == '\n' {
			return i + 2, true
		}
		return i + 1, true
	case '<':
		return p.cdata(i)
	}
	return i, p.badChar(i)
}

// cdata copies a CDATA section at i into buf.
func (p *parser) cdata(i int) (int, bool) {
	from := i + len("<![CDATA[")
	end := strings.Index(p.src[from:], "]]>")
	if end < 0 {
		return i, p.fail(i, RuleSyntax, "CDATA section is not closed")
	}
	data := p.src[from : from+end]
	if bad := firstBad(data); bad >= 0 {
		return i, p.badChar(from + bad)
	}
	p.buf = appendLines(p.buf, data)
	return from + end + len("]]>"), true
}

// appendLines appends s with its line ends as LF (XML 1.0, 2.11).
func appendLines(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, '\r')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:i]...), '\n')
		s = s[i+1:]
		if s != "" && s[0] == '\n' {
			s = s[1:]
		}
	}
}

// outside accepts white space outside the outermost element, nothing else.
func (p *parser) outside() bool {
	i := p.space(p.pos)
	if i < len(p.src) && (p.src[i] != '<' || i == p.pos) {
		return p.fail(i, RuleSyntax, "text outside the outermost element")
	}
	p.pos = i
	return true
}

// reference appends the character that a reference at i stands for to buf.
func (p *parser) reference(i int) (int, bool) {
	end := strings.IndexByte(p.src[i:min(len(p.src), i+64)], ';')
	if end < 0 {
		return i, p.fail(i, RuleSyntax, "\"&\" does not begin a reference")
	}
	name := p.src[i+1 : i+end]
	if strings.HasPrefix(name, "#") {
		r, ok := codePoint(name[1:])
		if !ok {
			return i, p.fail(i, RuleSyntax, "%s is not a character of XML", quoted("&"+name+";"))
		}
		p.buf = utf8.AppendRune(p.buf, r)
		return i + end + 1, true
	}
	b, ok := predefined(name)
	switch {
	case ok:
		p.buf = append(p.buf, b)
		return i + end + 1, true
	case IsNCName(name):
		return i, p.fail(i, RuleEntity, "entity %s is not defined", quoted(name))
	}
	return i, p.fail(i, RuleSyntax, "\"&\" does not begin a reference")
}

func predefined(name string) (byte, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	return 0, false
}

// codePoint reads the number of a character reference: decimal, or hexadecimal after "x".
func codePoint(s string) (rune, bool) {
	base := rune(10)
	if strings.HasPrefix(s, "x") {
		s, base = s[1:], 16
	}
	r := rune(0)
	for _, b := range []byte(s) {
		digit := rune(99)
		switch {
		case b >= '0' && b <= '9':
			digit = rune(b - '0')
		case b >= 'a' && b <= 'f':
			digit = rune(b-'a') + 10
		case b >= 'A' && b <= 'F':
			digit = rune(b-'A') + 10
		}
		if digit >= base {
			return 0, false
		}
		if r = r*base + digit; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, s != "" && isChar(r)
}
