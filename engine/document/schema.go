package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// A Schema is a compiled structural schema. It is safe for concurrent use.
type Schema struct {
	id    string
	raw   map[string]any
	check *jsonschema.Schema
	parts map[string]*jsonschema.Schema // $defs that stand for other places: "line", "party"
}

// CompileSchema compiles a JSON Schema that is called id in messages. It
// must be complete in itself: references to other files are refused.
func CompileSchema(id string, data []byte) (*Schema, error) {
	root, faults := scan(data, Limits{}.filled())
	if len(faults) > 0 {
		f := faults[0]
		return nil, diag.Problem{Pos: newPlaces(id, data).at(f.off), Rule: RuleSchema, Message: f.message, Hint: f.hint}
	}
	raw, ok := root.plain().(map[string]any)
	if !ok {
		return nil, diag.Problem{Pos: diag.Pos{File: id}, Rule: RuleSchema, Message: "a schema is a JSON object"}
	}
	s := &Schema{id: id, raw: raw, parts: map[string]*jsonschema.Schema{}}
	if err := s.compile(data); err != nil {
		return nil, diag.Problem{Pos: diag.Pos{File: id}, Rule: RuleSchema, Message: "the schema cannot be used: " + schemaError(err), Err: err}
	}
	return s, nil
}

func (s *Schema) compile(data []byte) (err error) {
	c := jsonschema.NewCompiler()
	c.LoadURL = func(string) (io.ReadCloser, error) {
		return nil, errors.New("a schema may not refer to another file")
	}
	const url = "mem:schema"
	delete(s.raw, "$id")
	if data, err = json.Marshal(s.raw); err != nil {
		return err
	}
	if err := c.AddResource(url, bytes.NewReader(data)); err != nil {
		return err
	}
	if s.check, err = c.Compile(url); err != nil {
		return err
	}
	defs, _ := s.raw["$defs"].(map[string]any)
	for _, place := range extensionPlaces {
		if defs[place] == nil {
			continue
		}
		if s.parts[place], err = c.Compile(url + "#/$defs/" + place); err != nil {
			return err
		}
	}
	return nil
}

// extensionPlaces are the places besides the document where a package may
// keep data of its own; its schema describes them under $defs.
var extensionPlaces = []string{"line", "party"}

func schemaError(err error) string {
	var v *jsonschema.ValidationError
	if errors.As(err, &v) {
		for len(v.Causes) > 0 {
			v = v.Causes[0]
		}
		return fmt.Sprintf("%s: %s", v.InstanceLocation, v.Message)
	}
	return strings.TrimPrefix(err.Error(), "jsonschema: ")
}

// at returns the raw schema that pointer leads to.
func (s *Schema) at(pointer string) map[string]any {
	var v any = s.raw
	for _, token := range strings.Split(pointer, "/") {
		if token == "" {
			continue
		}
		switch at := v.(type) {
		case map[string]any:
			v = at[unescape(token)]
		case []any:
			i := 0
			fmt.Sscanf(token, "%d", &i)
			if i >= len(at) {
				return nil
			}
			v = at[i]
		}
	}
	m, _ := v.(map[string]any)
	return m
}

// resolve follows "$ref" to a definition.
func (s *Schema) resolve(raw map[string]any) map[string]any {
	for range 20 {
		ref, ok := raw["$ref"].(string)
		if !ok {
			return raw
		}
		raw = s.at(strings.TrimPrefix(ref, "#"))
	}
	return nil
}
