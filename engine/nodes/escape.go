package nodes

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// inText and inAttribute are the bytes that are written as they are.
var inText, inAttribute = plainBytes("&<>"), plainBytes(`&<"`)

func plainBytes(but string) (t [256]bool) {
	for b := ' '; b < 0x7F; b++ {
		t[b] = !strings.ContainsRune(but, b)
	}
	return t
}

// appendText appends s escaped as Canonical XML does. A character that XML
// does not have is an error.
func appendText(dst []byte, s string) ([]byte, error) {
	if plainAll(s, &inText) {
		return append(dst, s...), nil
	}
	if err := wellFormed(s); err != nil {
		return dst, err
	}
	return xmltree.AppendText(dst, s), nil
}

// appendAttribute appends s escaped for double quotes.
func appendAttribute(dst []byte, s string) ([]byte, error) {
	if plainAll(s, &inAttribute) {
		return append(dst, s...), nil
	}
	if err := wellFormed(s); err != nil {
		return dst, err
	}
	return xmltree.AppendAttribute(dst, s), nil
}

func plainAll(s string, plain *[256]bool) bool {
	for i := 0; i < len(s); i++ {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

// wellFormed reports the first character of s that is no Char of XML 1.0.
func wellFormed(s string) error {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return badCharacter{broken: true}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return badCharacter{r: r}
		}
	}
	return nil
}

func validUTF8(s string) error {
	if !utf8.ValidString(s) {
		return badCharacter{broken: true}
	}
	return nil
}
