package xmltree

import (
	"strconv"
	"unicode/utf8"
)

// Classes of bytes. Input is known to be valid UTF-8 when they are used, so of
// the bytes above 0x7F only 0xEF needs a look (U+FFFE and U+FFFF are no characters).
const (
	isName    uint8 = 1 << iota // may be in a name: letters, digits, "-._:", and all non-ASCII
	stopsText                   // ends or interrupts plain text
	stopsAttr                   // ends or interrupts a plain attribute value
	isSpace
)

var class = byteClasses()

func byteClasses() (c [256]uint8) {
	for b := range 256 {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == ':', b == '-', b == '.', b >= 0x80:
			c[b] = isName
		case b == ' ', b == '\t', b == '\n', b == '\r':
			c[b] = isSpace
		}
		if b < ' ' && b != '\t' && b != '\n' || b == 0xEF || b == '&' || b == '<' || b == ']' {
			c[b] |= stopsText
		}
		if b < ' ' || b == 0xEF || b == '&' || b == '<' || b == '"' || b == '\'' {
			c[b] |= stopsAttr
		}
	}
	return c
}

// isChar reports whether r is a Char of XML 1.0.
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// isNameStart reports whether r is a NameStartChar of XML 1.0 fifth edition, ":" excepted.
func isNameStart(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
		return true
	case r < 0xC0:
		return false
	}
	return r != 0xD7 && r != 0xF7 && r <= 0x2FF || r >= 0x370 && r <= 0x1FFF && r != 0x37E ||
		r >= 0x200C && r <= 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF ||
		r >= 0x3001 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD || r >= 0x10000 && r <= 0xEFFFF
}

func isNameChar(r rune) bool {
	return isNameStart(r) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7 ||
		r >= 0x300 && r <= 0x36F || r >= 0x203F && r <= 0x2040
}

// IsNCName reports whether s is a name without colon (Namespaces in XML 1.0, production 4).
func IsNCName(s string) bool {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNameChar(r) {
			return false
		}
	}
	return s != ""
}

// notChar reports whether s begins with U+FFFE or U+FFFF; s[0] is 0xEF.
func notChar(s string) bool {
	return len(s) >= 3 && s[1] == 0xBF && s[2] >= 0xBE
}

// firstBad returns the offset of the first character of s that is no Char, -1 if there is none.
func firstBad(s string) int {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b < ' ' && class[b]&isSpace == 0 || b == 0xEF && notChar(s[i:]) {
			return i
		}
	}
	return -1
}

// quoted shows a piece of input in a message: escaped and not longer than 40 characters.
func quoted(s string) string {
	for i, n := 0, 0; i < len(s); n++ {
		if n == 40 {
			s = s[:i] + "..."
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return strconv.Quote(s)
}
