package yml

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Emit writes documents of a file so that they are read as the same nodes:
// every map and list in brackets, every text in quotation marks.
func Emit(docs []*Node) []byte {
	var b bytes.Buffer
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		emit(&b, d)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func emit(b *bytes.Buffer, n *Node) {
	switch n.Kind {
	case Map:
		b.WriteByte('{')
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(", ")
			}
			quote(b, e.Key)
			b.WriteString(": ")
			emit(b, e.Value)
		}
		b.WriteByte('}')
	case List:
		b.WriteByte('[')
		for i, m := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			emit(b, m)
		}
		b.WriteByte(']')
	default:
		if n.Empty() {
			return
		}
		text := n.Text
		if (n.Style == Literal || n.Style == Folded) && strings.HasPrefix(text, "=") {
			text = strings.TrimRight(text, "\n") // no part of a formula
		}
		quote(b, text)
	}
}

func quote(b *bytes.Buffer, text string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	b.Truncate(b.Len() - 1) // the line break of Encode
}
