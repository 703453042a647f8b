package mutate

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
)

// emit writes documents of a file so that they are read as the same nodes:
// every map and list in brackets, every text in quotation marks.
func emit(docs []*yml.Node) []byte {
	var b bytes.Buffer
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		write(&b, d)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func write(b *bytes.Buffer, n *yml.Node) {
	switch n.Kind {
	case yml.Map:
		b.WriteByte('{')
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(", ")
			}
			quote(b, e.Key)
			b.WriteString(": ")
			write(b, e.Value)
		}
		b.WriteByte('}')
	case yml.List:
		b.WriteByte('[')
		for i, m := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, m)
		}
		b.WriteByte(']')
	default:
		if n.Empty() {
			return
		}
		text := n.Text
		if (n.Style == yml.Literal || n.Style == yml.Folded) && strings.HasPrefix(text, "=") {
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
