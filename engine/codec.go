package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Encoder writes values of formulas as JSON that Decoder reads back with
// their types: what JSON has no type for is an object with one key that
// begins with "$". A secret is written as its name.
type Encoder struct {
	// Blob keeps long bytes elsewhere and returns their name; nil: all inside.
	Blob  func([]byte) (string, error)
	Blobs []string // names of what Blob kept
	// Reveal writes secrets that have no name in the open: only for what is
	// encrypted as a whole.
	Reveal bool
}

const inlineBytes = 256

// EncodeValue writes a value with nothing kept elsewhere.
func EncodeValue(v any) (json.RawMessage, error) { return new(Encoder).Encode(v) }

// Encode writes v.
func (e *Encoder) Encode(v any) (json.RawMessage, error) { return e.append(nil, v) }

func (e *Encoder) append(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return appendText(b, v), nil
	case decimal.Decimal:
		return v.Append(b), nil
	case []any:
		return e.list(b, v)
	case map[string]any:
		return e.object(b, v)
	case []byte:
		return e.bytes(b, "$bytes", v)
	case formula.Node:
		return e.bytes(b, "$tree", v.Source())
	case formula.Secret:
		if e.Reveal && (v.Name() == "" || strings.HasPrefix(v.Name(), shownAs)) {
			return e.revealed(b, v)
		}
		if v.Reveal() == v.Name() {
			return tagged(b, "$ref", v.Name()), nil
		}
		return tagged(b, "$secret", v.Name()), nil
	case civil.Date:
		return tagged(b, "$date", v.String()), nil
	case civil.Clock:
		return tagged(b, "$time", v.String()), nil
	case time.Time:
		if y := v.Year(); y < 0 || y > 9999 {
			return nil, fmt.Errorf("an instant of the year %d cannot be kept", y)
		}
		return tagged(b, "$instant", v.Format(time.RFC3339Nano)), nil
	case time.Duration:
		return tagged(b, "$duration", strconv.FormatInt(int64(v), 10)), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	}
	return nil, fmt.Errorf("a %T cannot be kept", v)
}

// revealed writes a secret itself.
func (e *Encoder) revealed(b []byte, v formula.Secret) ([]byte, error) {
	return tagged(b, "$clear", v.Name()+" "+base64.StdEncoding.EncodeToString(v.RevealBytes())), nil
}

func appendText(b []byte, s string) []byte {
	t, _ := json.Marshal(s)
	return append(b, t...)
}

func tagged(b []byte, tag, text string) []byte {
	return append(appendText(append(append(append(b, `{"`...), tag...), `":`...), text), '}')
}

func (e *Encoder) list(b []byte, l []any) ([]byte, error) {
	b = append(b, '[')
	for i, x := range l {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = e.append(b, x); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func (e *Encoder) object(b []byte, m map[string]any) ([]byte, error) {
	names := slices.Sorted(maps.Keys(m))
	escape := slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "$") })
	if escape {
		b = append(b, `{"$map":`...)
	}
	b = append(b, '{')
	for i, n := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, n), ':')
		var err error
		if b, err = e.append(b, m[n]); err != nil {
			return nil, err
		}
	}
	b = append(b, '}')
	if escape {
		b = append(b, '}')
	}
	return b, nil
}

func (e *Encoder) bytes(b []byte, tag string, data []byte) ([]byte, error) {
	if e.Blob == nil || len(data) <= inlineBytes {
		return tagged(b, tag, base64.StdEncoding.EncodeToString(data)), nil
	}
	name, err := e.Blob(data)
	if err != nil {
		return nil, err
	}
	e.Blobs = append(e.Blobs, name)
	return tagged(b, tag+"Blob", name), nil
}

// Decoder reads what Encoder wrote.
type Decoder struct {
	Blob   func(name string) ([]byte, error)
	Secret func(name string) (formula.Secret, error)
	Tree   func([]byte) (formula.Node, error) // nil: formula.ParseTree
}

// DecodeValue reads what EncodeValue wrote, with nothing kept elsewhere.
func DecodeValue(data []byte) (any, error) { return new(Decoder).Decode(data) }

// Decode reads one value.
func (d *Decoder) Decode(data []byte) (any, error) {
	if len(data) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var raw any
	if err := dec.Decode(&raw); err != nil {
		return nil, err
	}
	return d.value(raw)
}

func (d *Decoder) value(raw any) (any, error) {
	switch v := raw.(type) {
	case json.Number:
		return decimal.ParseJSON(string(v))
	case []any:
		for i := range v {
			x, err := d.value(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = x
		}
		return v, nil
	case map[string]any:
		return d.object(v)
	}
	return raw, nil
}

func (d *Decoder) object(m map[string]any) (any, error) {
	if len(m) == 1 {
		for tag, x := range m {
			if inner, ok := x.(map[string]any); ok && tag == "$map" {
				return d.members(inner)
			}
			if text, ok := x.(string); ok && strings.HasPrefix(tag, "$") {
				return d.tagged(tag, text)
			}
		}
	}
	return d.members(m)
}

func (d *Decoder) members(m map[string]any) (any, error) {
	for name, x := range m {
		v, err := d.value(x)
		if err != nil {
			return nil, err
		}
		m[name] = v
	}
	return m, nil
}

func (d *Decoder) tagged(tag, text string) (any, error) {
	switch tag {
	case "$date":
		return civil.ParseDate(text)
	case "$time":
		return civil.ParseClock(text)
	case "$instant":
		return time.Parse(time.RFC3339Nano, text)
	case "$duration":
		n, err := strconv.ParseInt(text, 10, 64)
		return time.Duration(n), err
	case "$ref":
		return formula.NewSecret(text, text)
	case "$clear":
		name, coded, _ := strings.Cut(text, " ")
		b, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			return nil, err
		}
		return formula.NewSecret(name, string(b))
	case "$secret":
		if d.Secret == nil || text == "" || strings.HasPrefix(text, shownAs) {
			return formula.NewSecret(text, "")
		}
		return d.Secret(text)
	}
	data, err := d.data(tag, text)
	if err != nil || strings.HasPrefix(tag, "$bytes") {
		return data, err
	}
	if d.Tree != nil {
		return d.Tree(data)
	}
	return formula.ParseTree(data, "")
}

func (d *Decoder) data(tag, text string) ([]byte, error) {
	switch tag {
	case "$bytes", "$tree":
		return base64.StdEncoding.DecodeString(text)
	case "$bytesBlob", "$treeBlob":
		if d.Blob == nil {
			return nil, fmt.Errorf("%w: bytes %s", ErrNotFound, text)
		}
		return d.Blob(text)
	}
	return nil, fmt.Errorf("unknown mark %q in a kept value", tag)
}

func number(i int) decimal.Decimal { return decimal.FromInt(int64(i)) }

// blobName returns the name bytes have in a log.
func blobName(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
