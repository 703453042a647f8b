package nodes

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// json writes the mapping as JSON.
func (w *writer) json(root *Node) {
	v := w.structure(root, w.top)
	if v == nil && len(w.problems) == 0 {
		w.fault(w.m.Pos, RuleEmpty, "nothing is left of the document: all values are absent")
	}
	if len(w.problems) > 0 {
		return
	}
	out, err := AppendJSON(w.out, v)
	if err != nil {
		w.fail(w.m.Pos, err)
	}
	w.out = out
}

// AppendJSON appends a value of formulas as JSON without blanks: numbers with
// their digits, bytes in base64, dates as ISO 8601, maps sorted by name. A
// secret is an error: it must not be written in the open.
func AppendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		if v {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case string:
		return appendJSONString(dst, v)
	case decimal.Decimal:
		return v.Append(dst), nil
	case []byte:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v)
		return append(dst, '"'), nil
	case rawJSON:
		return append(dst, v...), nil
	case kept:
		return AppendJSON(dst, v.v)
	case repeated:
		return appendJSONList(dst, v)
	case []any:
		return appendJSONList(dst, v)
	case *object:
		return appendJSONMap(dst, v.names, func(i int) any { return v.values[i] })
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		return appendJSONMap(dst, names, func(i int) any { return v[names[i]] })
	case *record:
		return AppendJSON(dst, v.whole())
	case formula.Secret:
		return dst, fmt.Errorf("a secret would be written in the open")
	}
	text, err := formula.FormatText(v)
	if err != nil {
		return dst, err
	}
	return appendJSONString(dst, text)
}

func appendJSONList(dst []byte, list []any) ([]byte, error) {
	dst = append(dst, '[')
	for i, x := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendJSON(dst, x); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSONMap(dst []byte, names []string, value func(int) any) ([]byte, error) {
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSONString(dst, name); err != nil {
			return dst, err
		}
		if dst, err = AppendJSON(append(dst, ':'), value(i)); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

const hexDigits = "0123456789abcdef"

// appendJSONString escapes only what RFC 8259 asks for.
func appendJSONString(dst []byte, s string) ([]byte, error) {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		from = i + 1
	}
	if plainAll(s, &inText) {
		return append(append(dst, s[from:]...), '"'), nil
	}
	if err := validUTF8(s); err != nil {
		return dst, err
	}
	return append(append(dst, s[from:]...), '"'), nil
}
