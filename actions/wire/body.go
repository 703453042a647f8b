package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// content is a body: its pieces, its media type, and the bytes that travel as
// parts of their own.
type content struct {
	pieces []engine.Piece
	typ    string
	xml    bool // pieces are an XML element without prolog
	parts  []engine.Piece
}

// body writes the body of a step; nil if it has none. attach says that bytes
// in XML become parts.
func body(s *engine.Step, attach bool) (*content, error) {
	if m, ok := s.Ref("body").(*nodes.Mapping); ok {
		return written(s, m, attach)
	}
	switch v := s.Value("body").(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return structured(v)
	default:
		b, err := raw(v)
		if err != nil {
			return nil, err
		}
		return &content{pieces: []engine.Piece{b}, typ: "application/octet-stream"}, nil
	}
}

var mediaTypes = map[nodes.Format]string{nodes.XML: "application/xml", nodes.JSON: "application/json", nodes.CSV: "text/csv"}

// written writes a mapping file, which sees its inputs, or a mapping that
// stands inline in the step, which sees what the step sees.
func written(s *engine.Step, m *nodes.Mapping, attach bool) (*content, error) {
	v, _ := s.Value("body").(map[string]any)
	o := nodes.Options{Slots: true, Attach: attach}
	scope := s.Scope()
	_, isXML := v["xml"]
	_, isJSON := v["json"]
	if isXML || isJSON {
		scope, o.Inline = s.FlowScope(), true
	}
	o.Part, _ = v["part"].(string)
	o.Input, _ = v["input"].(map[string]any)
	r, err := m.Write(scope, o)
	if err != nil {
		return nil, err
	}
	c := &content{typ: mediaTypes[m.Format], xml: m.Format == nodes.XML}
	if c.typ == "" {
		c.typ = "text/plain; charset=utf-8"
	}
	if t, ok := v["type"].(string); ok {
		c.typ = t
	}
	for _, p := range r.Pieces {
		if p.Attached != nil {
			p.Bytes = []byte(include(len(c.parts)))
			c.parts = append(c.parts, engine.Piece{Bytes: p.Attached})
		}
		c.pieces = append(c.pieces, engine.Piece{Bytes: p.Bytes, Secret: p.Secret})
	}
	return c, nil
}

func structured(m map[string]any) (*content, error) {
	switch {
	case m["form"] != nil:
		return form(m["form"])
	case m["multipart"] != nil:
		return multipartForm(m["multipart"])
	case m["bytes"] != nil:
		b, err := raw(m["bytes"])
		if err != nil {
			return nil, err
		}
		t, ok := m["type"].(string)
		if !ok {
			t = "application/octet-stream"
		}
		return &content{pieces: []engine.Piece{b}, typ: t}, nil
	}
	return nil, diag.Problem{Rule: RuleBody, Message: "the body has no content", Hint: "what it was made of is absent"}
}

// raw is a value as the bytes of a body.
func raw(v any) (engine.Piece, error) {
	switch v := v.(type) {
	case formula.Node:
		return engine.Piece{Bytes: v.Source()}, nil
	case []byte, string, formula.Secret:
		return piece(v)
	}
	return engine.Piece{}, problem(RuleBody, "a %s is no body", formula.KindOf(v))
}

// form writes fields as application/x-www-form-urlencoded, by name.
// Source: WHATWG URL, clause 5.
func form(v any) (*content, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, problem(RuleBody, "form takes a map")
	}
	c := &content{typ: "application/x-www-form-urlencoded"}
	for _, f := range fieldsOf(m) {
		p, err := piece(f.value)
		if err == nil {
			p, err = altered(p, url.QueryEscape)
		}
		if err != nil {
			return nil, problem(RuleBody, "form field %s holds a %s", f.name, formula.KindOf(f.value))
		}
		lead := url.QueryEscape(f.name) + "="
		if len(c.pieces) > 0 {
			lead = "&" + lead
		}
		c.pieces = append(c.pieces, engine.Piece{Bytes: []byte(lead)}, p)
	}
	return c, nil
}

type field struct {
	name  string
	value any
}

// fieldsOf lists fields by name; a list repeats its name, what is absent is
// left out.
func fieldsOf(m map[string]any) (out []field) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list, ok := m[name].([]any)
		if !ok {
			list = []any{m[name]}
		}
		for _, v := range list {
			if v != nil {
				out = append(out, field{name, v})
			}
		}
	}
	return out
}

// multipartForm writes fields and files as multipart/form-data, by name.
// Source: RFC 7578, clause 4.
func multipartForm(v any) (*content, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, problem(RuleBody, "multipart takes a map")
	}
	var parts []part
	for _, f := range fieldsOf(m) {
		p := part{head: `Content-Disposition: form-data; name="` + quoted(f.name) + `"`}
		value := f.value
		if file, ok := value.(map[string]any); ok {
			value = file["bytes"]
			if name, ok := file["file"].(string); ok {
				p.head += `; filename="` + quoted(name) + `"`
			}
			if t, ok := file["type"].(string); ok {
				p.head += "\r\nContent-Type: " + oneLine(t)
			}
		}
		b, err := raw(value)
		if err != nil {
			if b, err = piece(value); err != nil {
				return nil, problem(RuleBody, "part %s holds a %s", f.name, formula.KindOf(value))
			}
		}
		p.body = []engine.Piece{b}
		parts = append(parts, p)
	}
	pieces, boundary := multipartOf(parts)
	return &content{pieces: pieces, typ: "multipart/form-data; boundary=" + boundary}, nil
}

// quoted escapes a name for a quoted parameter.
func quoted(s string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(s)
}

func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

type part struct {
	head string // lines without the last line end
	body []engine.Piece
}

// multipartOf joins parts. The boundary follows from them, secrets apart, so
// that the same parts give the same bytes, and it is in none of them.
// Source: RFC 2046, clause 5.1.1.
func multipartOf(parts []part) (out []engine.Piece, boundary string) {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p.head))
		for _, b := range p.body {
			h.Write(b.Bytes)
		}
	}
	boundary = "part-" + hex.EncodeToString(h.Sum(nil)[:16])
	lead := "--" + boundary + "\r\n"
	for _, p := range parts {
		out = append(out, engine.Piece{Bytes: []byte(lead + p.head + "\r\n\r\n")})
		out = append(out, p.body...)
		lead = "\r\n--" + boundary + "\r\n"
	}
	return append(out, engine.Piece{Bytes: []byte("\r\n--" + boundary + "--\r\n")}), boundary
}
