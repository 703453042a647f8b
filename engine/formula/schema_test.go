package formula

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/schemas"
)

func decode(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestSchemaTypes(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"type": "string"}`:                                                                          "string",
		`{"type": ["string", "null"]}`:                                                                "string",
		`{"type": "number"}`:                                                                          "number",
		`{"type": "integer"}`:                                                                         "integer",
		`{"type": "boolean"}`:                                                                         "boolean",
		`{"type": "string", "format": "date"}`:                                                        "date",
		`{"type": "string", "format": "time"}`:                                                        "time",
		`{"type": "string", "format": "date-time"}`:                                                   "instant",
		`{"type": "string", "format": "decimal"}`:                                                     "number",
		`{"type": "string", "format": "email"}`:                                                       "string",
		`{"type": "string", "contentEncoding": "base64"}`:                                             "bytes",
		`{"type": "string", "x-type": "duration"}`:                                                    "duration",
		`{"type": ["number", "string"], "x-type": "number"}`:                                          "number",
		`{"type": ["string", "object"], "x-type": "text"}`:                                            "text",
		`{"type": "array", "items": {"type": "number"}}`:                                              "list of number",
		`{"type": "object", "additionalProperties": {"type": "string"}}`:                              "map",
		`{"x-type": "any"}`:                                                                           "any",
		`{"type": "string", "x-type": "document"}`:                                                    "any",
		`{"$ref": "#/$defs/d", "$defs": {"d": {"type": "string", "format": "date"}}}`:                 "date",
		`{"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "object", "properties": {}}}}`:            "a/b",
		`{"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]}`: "map",
	} {
		got, err := FromSchema(decode(t, schema))
		if err != nil || got.String() != want {
			t.Errorf("%s: %s, %v; want %s", schema, got, err, want)
		}
	}
}

func TestSchemaRefused(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`true`:                                 "",
		`{}`:                                   "",
		`{"type": ["number", "string"]}`:       "",
		`{"type": "null"}`:                     "/type",
		`{"type": 7}`:                          "/type",
		`{"type": "array"}`:                    "",
		`{"type": "array", "items": true}`:     "/items",
		`{"type": "array", "prefixItems": []}`: "/prefixItems",
		`{"type": "object", "patternProperties": {}}`:                                              "/patternProperties",
		`{"type": "object", "properties": {"a": {}}}`:                                              "/properties/a",
		`{"type": "object", "properties": {"a/b": {}}}`:                                            "/properties/a~1b",
		`{"type": "object", "required": ["a"]}`:                                                    "/required",
		`{"type": "object", "additionalProperties": {}}`:                                           "/additionalProperties",
		`{"type": "string", "format": "duration"}`:                                                 "/format",
		`{"type": "string", "contentEncoding": "base32"}`:                                          "/contentEncoding",
		`{"type": "boolean", "x-type": "date"}`:                                                    "/x-type",
		`{"type": "string", "x-type": "money"}`:                                                    "/x-type",
		`{"anyOf": [{"type": "string"}, {"type": "number"}]}`:                                      "",
		`{"type": "string", "anyOf": [{"type": "string"}]}`:                                        "/anyOf/0/type",
		`{"type": "object", "properties": {}, "oneOf": [{"properties": {"b": {"minLength": 1}}}]}`: "/oneOf/0/properties/b",
		`{"type": "object", "properties": {}, "if": {"not": {"format": "date"}}}`:                  "/if/not/format",
		`{"x-type": "any", "anyOf": [{"type": "object"}, {"type": "object"}]}`:                     "/anyOf/1",
		`{"x-type": "any", "x-types": ["date", "list"]}`:                                           "/x-types/1",
		`{"$ref": "other.json"}`:                                                                   "/$ref",
		`{"$ref": "#/$defs/x"}`:                                                                    "/$ref",
		`{"$ref": "#/$defs/x", "type": "string", "$defs": {"x": {"type": "string"}}}`:              "/type",
		`{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`: "/$defs/b/$ref",
		`{"x-type": "any", "anyOf": [{"$ref": "#"}]}`:                                              "/anyOf/0/$ref",
	} {
		_, err := FromSchema(decode(t, schema))
		var p diag.Problem
		if !errors.As(err, &p) || p.Rule != RuleSchema || p.Path != want {
			t.Errorf("%s: %v at %q; want a problem at %q", schema, err, p.Path, want)
		}
	}
}

func TestSchemaRecursion(t *testing.T) {
	t.Parallel()
	self, err := FromSchema(decode(t, `{"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "number"}}, "additionalProperties": false}`))
	if n, ok := self.At("next", "next", "n"); err != nil || !ok || n.Kind() != NumberKind {
		t.Error(n, ok, err)
	}
	tree := decode(t, `{"$ref": "#/$defs/part", "$defs": {"part": {"type": "object", "additionalProperties": false, "required": ["id"],
		"properties": {"id": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}}}}}}`)
	typ, err := FromSchema(tree)
	if err != nil {
		t.Fatal(err)
	}
	deep, ok := typ.At("parts", "*", "parts", "*", "id")
	if !ok || deep.Kind() != StringKind || !deep.IsRequired() {
		t.Errorf("%s, %v", deep, ok)
	}
	if _, ok := typ.At("parts", "*", "ix"); ok {
		t.Error("a closed map has no field ix")
	}
	same, err := FromDefinition(tree, "part")
	if err != nil || same.String() != "part" {
		t.Error(same, err)
	}
}

// The canonical documents are structural, and their values become those of
// formulas.
func TestCanonicalSchemas(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"invoice/1", "payment/1", "cancellation/1", "correction/1", "response/1"} {
		data, err := schemas.Document(id)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var s any
		if err := d.Decode(&s); err != nil {
			t.Fatal(err)
		}
		typ, err := FromSchema(s)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if id == "invoice/1" {
			checkInvoice(t, typ)
		}
	}
}

func checkInvoice(t *testing.T, typ Type) {
	t.Helper()
	for path, want := range map[string]string{"lines.*.netAmount": "number", "lines.*.quantity": "number", "issued": "any", "seller.name": "string", "due": "date"} {
		got, ok := typ.At(strings.Split(path, ".")...)
		if !ok || got.Kind().String() != want {
			t.Errorf("%s is %s, %v; want %s", path, got, ok, want)
		}
	}
	if _, ok := typ.At("lines", "*", "nett"); ok {
		t.Error("a line has no field nett")
	}
	doc := decode(t, `{"issued": "2026-03-01", "lines": [{"netAmount": 1.10, "quantity": "2.000", "taxes": {"vat": {"rate": "21"}}}, {"taxes": [{"rate": 0}]}]}`)
	v, err := typ.Convert(doc)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := Compile(`document.issued == date("2026-03-01") and document.lines[0].netAmount * (document.lines[0].quantity ?? 0) == 2.2 and document.lines[0].taxes.vat.rate == 21 and document.lines[1].taxes[0].rate == 0`,
		diag.Pos{}, &Decl{Strict: true, Names: map[string]Type{"document": typ}})
	if p == nil {
		t.Fatal(problems)
	}
	s := NewScope(nil)
	s.Set("document", v)
	if got, err := p.Eval(s); got != true || err != nil {
		t.Error(got, err)
	}
}

func TestConvert(t *testing.T) {
	t.Parallel()
	moment := Type{in: &parts{forms: []Type{Date, Instant}}}
	for _, c := range []struct {
		typ  Type
		in   any
		want string
	}{
		{Number, json.Number("1.10"), "1.10"},
		{Number, json.Number("1e2"), "100"},
		{Number, "0.500", "0.500"},
		{Integer, json.Number("7"), "7"},
		{Integer, json.Number("7.0"), "7"},
		{Integer, "012", "12"},
		{Boolean, "true", "true"},
		{Boolean, false, "false"},
		{Date, "2024-02-29", "2024-02-29"},
		{Time, "23:59:59.5", "23:59:59.5"},
		{Instant, "2026-03-01T10:00:00-03:00", "2026-03-01T10:00:00-03:00"},
		{Duration, "36h", "1d12h"},
		{moment, "2026-03-01", "2026-03-01"},
		{moment, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{String, "012", "012"},
		{Number, decimal.MustParse("2.0"), "2.0"},
	} {
		got, err := c.typ.Convert(c.in)
		if err != nil {
			t.Errorf("%v as %s: %v", c.in, c.typ, err)
			continue
		}
		if text, err := FormatText(got); err != nil || text != c.want {
			t.Errorf("%v as %s = %s, %v; want %s", c.in, c.typ, text, err, c.want)
		}
	}
	if got, err := Bytes.Convert("AQID"); err != nil || !bytes.Equal(got.([]byte), []byte{1, 2, 3}) {
		t.Error(got, err)
	}
	if got, err := SecretType.Convert("canary"); err != nil || fmt.Sprint(got) != "***" || got.(Secret).Reveal() != "canary" {
		t.Error(got, err)
	}
}

func TestConvertMisfits(t *testing.T) {
	t.Parallel()
	line := MapOf(map[string]Type{"n": Number, "d": Date, "t": Text, "w": ListOf(Integer)}, true)
	in := decode(t, `{"n": "1,5", "d": "2025-02-29", "t": 7, "w": [1, 2.5, "x"], "free": {"a/b": 1}}`)
	in.(map[string]any)["free"].(map[string]any)["a/b"] = 0.5
	_, err := line.Convert(in)
	var list diag.List
	if !errors.As(err, &list) {
		t.Fatal(err)
	}
	at := []string{}
	for _, p := range list {
		if p.Rule != RuleConversion {
			t.Error(p)
		}
		at = append(at, p.Path)
	}
	if got := strings.Join(at, " "); got != "/d /free/a~1b /n /t /w/1 /w/2" {
		t.Errorf("problems at %s: %v", got, err)
	}
	for _, c := range []struct {
		typ Type
		in  any
	}{{String, json.Number("1")}, {Number, true}, {Date, "1.3.2026"}, {Instant, "2026-03-01T10:00:00"}, {ListOf(String), "x"}, {MapOf(nil, false), []any{}}, {Bytes, "a b"}, {Number, "1e3"}, {Boolean, "yes"}} {
		if v, err := c.typ.Convert(c.in); err == nil {
			t.Errorf("%v as %s = %v", c.in, c.typ, v)
		}
	}
}

// A scalar remembers the definition it comes from until something is worked
// out of it.
func TestDefinitionOfScalar(t *testing.T) {
	var schema any
	if err := json.Unmarshal([]byte(`{"type": "object", "properties": {
		"net": {"$ref": "#/$defs/amount"}, "price": {"$ref": "#/$defs/price"}, "plain": {"type": "number"}, "day": {"$ref": "#/$defs/day"},
		"lines": {"type": "array", "items": {"type": "object", "properties": {"net": {"$ref": "#/$defs/amount"}}}}},
		"$defs": {"amount": {"type": "number"}, "price": {"type": "number"}, "day": {"type": "string", "format": "date"}}}`), &schema); err != nil {
		t.Fatal(err)
	}
	typ, err := FromSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		"d.net": "amount", "d.lines[0].net": "amount", "d.price": "price", "d.plain": "", "(d.net ?? 0) + (d.net ?? 0)": "", "sum(d.lines, .net)": "",
		"d.net ?? d.price": "", "d.net ?? d.net": "amount", "if d.plain == 1 {d.net} else {nil}": "amount", "d.day": "day", "round(d.net, 2)": "",
	} {
		p, problems := Compile(src, diag.Pos{}, &Decl{Names: map[string]Type{"d": typ}})
		if p == nil {
			t.Fatalf("%s: %v", src, problems)
		}
		if got := p.Type().Definition(); got != want {
			t.Errorf("%s: want %q, got %q", src, want, got)
		}
	}
}
