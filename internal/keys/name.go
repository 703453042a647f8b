package keys

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// nameKeywords are the keywords of RFC 4514, clause 3. Other attributes are
// written by OID with their DER in hexadecimal, as the clause asks.
var nameKeywords = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"2.5.4.6":                    "C",
	"2.5.4.9":                    "STREET",
	"0.9.2342.19200300.100.1.25": "DC",
	"0.9.2342.19200300.100.1.1":  "UID",
}

// Name writes a distinguished name, given in DER, as text: last part first.
// Source: RFC 4514, clause 2.
func Name(raw []byte) string {
	seq := rdns(raw)
	var b strings.Builder
	for i := len(seq) - 1; i >= 0; i-- {
		for j, a := range seq[i] {
			switch {
			case j > 0:
				b.WriteByte('+')
			case b.Len() > 0:
				b.WriteByte(',')
			}
			writeAttribute(&b, a)
		}
	}
	return b.String()
}

func writeAttribute(b *strings.Builder, a attribute) {
	id := a.Type.String()
	keyword, known := nameKeywords[id]
	text, ok := derText(a.Value.FullBytes)
	if known && ok {
		b.WriteString(keyword + "=" + escapeName(text))
		return
	}
	b.WriteString(id + "=#" + hex.EncodeToString(a.Value.FullBytes))
}

func escapeName(s string) string {
	var b strings.Builder
	for i, r := range s {
		edge := i == 0 && (r == ' ' || r == '#') || i == len(s)-1 && r == ' '
		switch {
		case r == 0:
			b.WriteString(`\00`)
			continue
		case edge, strings.ContainsRune(`"+,;<>\`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// derText returns the text of a string type or of an octet string.
func derText(der []byte) (string, bool) {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	var tag asn1.Tag
	if !in.ReadAnyASN1(&body, &tag) || !in.Empty() {
		return "", false
	}
	switch tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, 18 /* NumericString */, asn1.OCTET_STRING:
		return string(body), utf8.Valid(body)
	case asn1.T61String:
		return latin1(body), true
	case 30: // BMPString
		return utf16Text(body)
	}
	return "", false
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, x := range b {
		r[i] = rune(x)
	}
	return string(r)
}

func utf16Text(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u)), true
}
