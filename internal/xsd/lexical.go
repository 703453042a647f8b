package xsd

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// normalize applies whiteSpace. It allocates only if there is something to change.
func normalize(s string, white uint8) string {
	if white == preserve {
		return s
	}
	space := byte(' ') // so that a leading blank counts as two
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\t' || b == '\n' || b == '\r' || b == ' ' && space == ' ' && white == collapse:
			return normalized(s, white)
		default:
			space = b
		}
	}
	if space == ' ' && s != "" && white == collapse {
		return normalized(s, white)
	}
	return s
}

func normalized(s string, white uint8) string {
	if white == collapse {
		t := strings.Trim(s, " \t\n\r")
		if !strings.ContainsAny(t, "\t\n\r") && !strings.Contains(t, "  ") {
			return t
		}
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s)
}

// primNames are what messages call the value spaces.
var primNames = [...]string{
	"value", "text", "boolean (true, false, 1, 0)", "decimal number", "whole number", "number", "number", "duration (P1Y2M3DT4H5M6S)",
	"date and time (2006-01-02T15:04:05)", "time (15:04:05)", "date (2006-01-02)", "year and month (2006-01)", "year (2006)",
	"month and day (--01-02)", "day (---02)", "month (--01)", "hexadecimal number", "base64 text", "address", "qualified name",
	"language code", "name token", "name", "name without colon", "identifier", "reference to an identifier", "notation",
}

// lexical reports whether s, white space already normalised, is in the lexical space.
func lexical(prim uint8, s string) bool {
	switch prim {
	case primAny, primString:
		return true
	case primBoolean:
		return s == "true" || s == "false" || s == "1" || s == "0"
	case primDecimal, primInteger:
		_, ok := cutNumber(s, prim == primInteger)
		return ok
	case primFloat:
		_, ok := float(s, 32)
		return ok
	case primDouble:
		_, ok := float(s, 64)
		return ok
	case primDuration:
		_, ok := cutDuration(s)
		return ok
	case primDateTime, primTime, primDate, primYearMonth, primYear, primMonthDay, primDay, primMonth:
		_, ok := cutMoment(prim, s)
		return ok
	case primHex:
		return len(s)%2 == 0 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
	case primBase64:
		return base64Length(s) >= 0
	case primURI:
		return isURI(s)
	case primQName, primNotation:
		prefix, local, ok := strings.Cut(s, ":")
		return xmltree.IsNCName(prefix) && (!ok || xmltree.IsNCName(local))
	case primLanguage:
		return isLanguage(s)
	case primNmtoken:
		return s != "" && all(s, func(i int, r rune) bool { return nameClass.has(r) })
	case primName:
		return s != "" && all(s, func(i int, r rune) bool { return i > 0 && nameClass.has(r) || nameStartClass.has(r) })
	}
	return xmltree.IsNCName(s)
}

func all(s string, ok func(int, rune) bool) bool {
	for i, r := range s {
		if !ok(i, r) {
			return false
		}
	}
	return true
}

// base64Length returns the number of bytes that s stands for, -1 if it is not
// base64 (XML Schema part 2, 3.2.16: blanks may stand between characters).
func base64Length(s string) int {
	n, pad, last := 0, 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == ' ' || b == '\n' || b == '\r' || b == '\t':
		case b == '=':
			pad++
		case pad > 0:
			return -1
		case b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/':
			n, last = n+1, b
		default:
			return -1
		}
	}
	if (n+pad)%4 != 0 || pad > 2 || pad == 2 && !strings.ContainsRune("AQgw", rune(last)) || pad == 1 && !strings.ContainsRune("AEIMQUYcgkosw048", rune(last)) {
		return -1
	}
	return n * 3 / 4
}

// isURI accepts what could be an address: anyURI forbids very little (XML
// Schema part 2, 3.2.17); a "%" that begins no escape, a second "#" and a ":" after
// what is no scheme are refused.
func isURI(s string) bool {
	marks, scheme := 0, true
	for i := 0; i < len(s); i++ {
		switch b := s[i]; b {
		case '#':
			marks++
			scheme = false
		case '/', '?':
			scheme = false
		case ':':
			if scheme && !isScheme(s[:i]) {
				return false
			}
			scheme = false
		case '%':
			if i+2 >= len(s) || strings.Trim(s[i+1:i+3], "0123456789abcdefABCDEF") != "" {
				return false
			}
		}
	}
	return marks < 2
}

// isScheme checks what stands before the first ":" of an address (RFC 3986, 3.1).
func isScheme(s string) bool {
	for i, b := range []byte(s) {
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		if !letter && (i == 0 || (b < '0' || b > '9') && b != '+' && b != '-' && b != '.') {
			return false
		}
	}
	return s != ""
}

// isLanguage checks [a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*.
func isLanguage(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 {
			return false
		}
		for _, b := range []byte(part) {
			if b|0x20 < 'a' || b|0x20 > 'z' {
				if i == 0 || b < '0' || b > '9' {
					return false
				}
			}
		}
	}
	return true
}

// canonicalValue gives equal values of a type the same text. Values that are
// not in the lexical space stay as they are: no value equals them.
func canonicalValue(variety, prim uint8, s string) string {
	if variety != atomic {
		return s
	}
	switch prim {
	case primDecimal, primInteger:
		if n, ok := cutNumber(s, false); ok && !plainNumber(s) {
			return n.String()
		}
	case primBoolean:
		return strings.NewReplacer("1", "true", "0", "false").Replace(s)
	case primFloat, primDouble:
		if f, ok := float(s, 64); ok {
			return fmt.Sprint(f)
		}
	case primDateTime, primTime, primDate:
		if m, ok := cutMoment(prim, s); ok {
			return fmt.Sprint(m.seconds(), m.part, m.zoned)
		}
	case primHex:
		return strings.ToUpper(s)
	case primBase64:
		return strings.Join(strings.Fields(s), "")
	}
	return s
}

// plainNumber reports whether s is canonical as it is: digits without a leading zero.
func plainNumber(s string) bool {
	if s == "" || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// length returns what the length facets count: octets of binaries, else characters.
func length(prim uint8, s string) int {
	switch prim {
	case primHex:
		return len(s) / 2
	case primBase64:
		return base64Length(s)
	}
	return utf8.RuneCountInString(s)
}
