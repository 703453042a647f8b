package xmltree

// escapes gives what is written for a byte, "" for the byte itself.
type escapes [256]string

// The escapes of Canonical XML 1.0, 1.1 and 2.3.
var (
	textEscapes  = escapes{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\r': "&#xD;"}
	attrEscapes  = escapes{'&': "&amp;", '<': "&lt;", '"': "&quot;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;"}
	asideEscapes = escapes{'\r': "&#xD;"}
)

func appendEscaped(dst []byte, s string, e *escapes) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		if r := e[s[i]]; r != "" {
			dst = append(append(dst, s[from:i]...), r...)
			from = i + 1
		}
	}
	return append(dst, s[from:]...)
}

// AppendText appends s escaped as text.
func AppendText(dst []byte, s string) []byte { return appendEscaped(dst, s, &textEscapes) }

// AppendAttribute appends s escaped for an attribute value in double quotes.
func AppendAttribute(dst []byte, s string) []byte { return appendEscaped(dst, s, &attrEscapes) }
