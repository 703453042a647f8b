package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A Field is one place in a document.
type Field struct {
	Path     string // dotted; [] marks a list, {} a map: "lines[].taxes{}.rate"
	Type     string // as formulas see it: "amount", "list of line", "string"
	Required bool   // always there where the place that holds it is
	Term     string // business term of EN 16931-1, or ""
	Doc      string // what it means
}

// Fields returns every place of the canonical document id, in the order of
// the schema. A definition that is used in several places appears in each.
func Fields(id string) ([]Field, error) {
	data, err := Document(id)
	if err != nil {
		return nil, err
	}
	var root schema
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("schema %q: %w", id, err)
	}
	w := walker{defs: root.Defs}
	w.object(root, "", nil)
	return w.fields, nil
}

// schema is the part of JSON Schema the canonical documents are written in.
type schema struct {
	Ref        string            `json:"$ref"`
	Defs       map[string]schema `json:"$defs"`
	Type       any               `json:"type"`
	Doc        string            `json:"description"`
	Properties members           `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	AnyOf      []schema          `json:"anyOf"`
	Additional json.RawMessage   `json:"additionalProperties"`
	XType      string            `json:"x-type"`
	XTypes     []string          `json:"x-types"`
	Term       string            `json:"x-term"`
	Terms      map[string]string `json:"x-terms"`
	Extensions any               `json:"x-extensions"`
}

// members keeps the order of the properties as written.
type members []member

type member struct {
	name string
	schema
}

// UnmarshalJSON reads an object member by member.
func (m *members) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var s schema
		if err := dec.Decode(&s); err != nil {
			return err
		}
		*m = append(*m, member{fmt.Sprint(name), s})
	}
	return nil
}

type walker struct {
	defs   map[string]schema
	fields []Field
	open   []string // definitions on the way here: one inside itself is told once
}

// object visits the properties of s, found at path. terms are the business
// terms given by a use of the definition s is part of.
func (w *walker) object(s schema, path string, terms map[string]string) {
	for _, m := range s.Properties {
		at := m.name
		if path != "" {
			at = path + "." + m.name
		}
		w.field(m.schema, at, m.name, terms, contains(s.Required, m.name))
	}
}

func (w *walker) field(s schema, path, name string, outer map[string]string, required bool) {
	f := Field{Path: path, Type: w.typeOf(s), Required: required, Term: s.Term, Doc: s.Doc}
	if t := outer[name]; t != "" {
		f.Term = t
	}
	w.fields = append(w.fields, f)
	terms := below(outer, name)
	for k, v := range s.Terms {
		terms[k] = v
	}
	w.inside(s, path, terms)
}

// inside visits what lies below a field.
func (w *walker) inside(s schema, path string, terms map[string]string) {
	switch {
	case s.Extensions != nil:
	case s.Ref != "":
		def, name := w.resolve(s)
		if contains(w.open, name) {
			return
		}
		w.open = append(w.open, name)
		w.inside(def, path, terms)
		w.open = w.open[:len(w.open)-1]
	case len(s.AnyOf) > 0:
		for _, one := range s.AnyOf {
			w.inside(one, path, terms)
		}
	case s.Items != nil:
		w.inside(*s.Items, path+"[]", terms)
	case len(s.Properties) > 0:
		w.object(s, path, terms)
	default:
		var more schema
		if json.Unmarshal(s.Additional, &more) == nil && more.Ref != "" {
			w.inside(more, path+"{}", terms)
		}
	}
}

func (w *walker) resolve(s schema) (schema, string) {
	name := strings.TrimPrefix(s.Ref, "#/$defs/")
	return w.defs[name], name
}

// typeOf names the type of s as formulas see it.
func (w *walker) typeOf(s schema) string {
	switch {
	case s.Ref != "":
		def, name := w.resolve(s)
		if len(def.XTypes) > 0 {
			return strings.Join(def.XTypes, " or ")
		}
		return name
	case len(s.AnyOf) > 0:
		names := make([]string, len(s.AnyOf))
		for i, one := range s.AnyOf {
			names[i] = w.typeOf(one)
		}
		return strings.Join(names, " or ")
	case s.Items != nil:
		return "list of " + w.typeOf(*s.Items)
	case s.XType != "":
		return s.XType
	case s.Type == "object" && len(s.Properties) == 0:
		var more schema
		if json.Unmarshal(s.Additional, &more) == nil {
			return "map of " + w.typeOf(more)
		}
	}
	return fmt.Sprint(s.Type)
}

// below returns the terms that go on below name, without it.
func below(terms map[string]string, name string) map[string]string {
	rest := map[string]string{}
	for path, term := range terms {
		if tail, ok := strings.CutPrefix(path, name+"/"); ok {
			rest[tail] = term
		}
	}
	return rest
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
