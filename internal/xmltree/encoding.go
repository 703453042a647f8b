package xmltree

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// decode turns the input into UTF-8 without byte order mark. Input that is
// already UTF-8 is returned as it is, not copied. A failure is a message.
func decode(in []byte) (out []byte, encoding, failure string) {
	switch {
	case bytes.HasPrefix(in, []byte{0xEF, 0xBB, 0xBF}):
		return in[3:], "utf-8", ""
	case bytes.HasPrefix(in, []byte{0xFF, 0xFE}):
		return fromUTF16(in[2:], 1, 0)
	case bytes.HasPrefix(in, []byte{0xFE, 0xFF}):
		return fromUTF16(in[2:], 0, 1)
	case bytes.HasPrefix(in, []byte{'<', 0, '?', 0}):
		return fromUTF16(in, 1, 0)
	case bytes.HasPrefix(in, []byte{0, '<', 0, '?'}):
		return fromUTF16(in, 0, 1)
	}
	switch name := strings.ToLower(declaredEncoding(in)); name {
	case "", "utf-8", "utf8":
		return in, "utf-8", ""
	case "us-ascii", "ascii":
		return in, "us-ascii", ""
	default:
		if table := singleByte[name]; table != nil {
			return fromSingleByte(in, table), name, ""
		}
		return nil, name, "encoding " + quoted(name) + " is not supported"
	}
}

// declaredEncoding returns the encoding named by the XML declaration, if there is one.
func declaredEncoding(in []byte) string {
	if !bytes.HasPrefix(in, []byte("<?xml")) {
		return ""
	}
	head := in[:min(len(in), 256)]
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	at := bytes.Index(head, []byte("encoding"))
	if at < 0 {
		return ""
	}
	rest := bytes.TrimLeft(head[at+len("encoding"):], " \t\r\n=")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return string(rest[1 : 1+end])
}

func fromUTF16(in []byte, hi, lo int) (out []byte, encoding, failure string) {
	if len(in)%2 != 0 {
		return nil, "utf-16", "odd number of bytes in utf-16"
	}
	out = make([]byte, 0, len(in))
	for i := 0; i < len(in); i += 2 {
		r := rune(in[i+hi])<<8 | rune(in[i+lo])
		if utf16.IsSurrogate(r) {
			if i+3 >= len(in) {
				return nil, "utf-16", "half a surrogate pair in utf-16"
			}
			r = utf16.DecodeRune(r, rune(in[i+2+hi])<<8|rune(in[i+2+lo]))
			if r == utf8.RuneError {
				return nil, "utf-16", "half a surrogate pair in utf-16"
			}
			i += 2
		}
		out = utf8.AppendRune(out, r)
	}
	return out, "utf-16", ""
}

// singleByte holds the encodings of one byte a character that are read, by their usual names.
var singleByte = map[string]*charmap.Charmap{
	"iso-8859-1": charmap.ISO8859_1, "iso8859-1": charmap.ISO8859_1, "iso_8859-1": charmap.ISO8859_1, "latin1": charmap.ISO8859_1,
	"iso-8859-2": charmap.ISO8859_2, "iso-8859-9": charmap.ISO8859_9, "iso-8859-15": charmap.ISO8859_15,
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252,
	"windows-1254": charmap.Windows1254, "windows-1257": charmap.Windows1257,
	"cp1250": charmap.Windows1250, "cp1252": charmap.Windows1252,
}

// fromSingleByte decodes in; a byte without a character becomes U+FFFD.
func fromSingleByte(in []byte, table *charmap.Charmap) []byte {
	out := make([]byte, 0, len(in)+len(in)/16)
	for _, b := range in {
		if b < 0x80 {
			out = append(out, b)
			continue
		}
		out = utf8.AppendRune(out, table.DecodeByte(b))
	}
	return out
}
