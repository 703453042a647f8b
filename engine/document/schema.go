package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// A Schema is a compiled structural schema. It is safe for concurrent use.
type Schema struct {
	id    string
	raw   map[string]any
	plan  *plan
	plans map[string]*plan // of $defs that stand for other places: "line", "party"

	once  sync.Once // compiled when a document does not fit, or at once for schemas of others
	fault error
	check *jsonschema.Schema
	parts map[string]*jsonschema.Schema
}

// CompileSchema compiles a JSON Schema that is called id in messages. It
// must be complete in itself: references to other files are refused.
func CompileSchema(id string, data []byte) (*Schema, error) {
	s, err := readSchema(id, data)
	if err != nil {
		return nil, err
	}
	if err := s.compile(); err != nil {
		return nil, err
	}
	return s, nil
}

// readSchema prepares a schema and leaves the validator for later.
func readSchema(id string, data []byte) (*Schema, error) {
	root, faults := scan(data, Limits{}.filled())
	if len(faults) > 0 {
		f := faults[0]
		return nil, diag.Problem{Pos: newPlaces(id, data).at(f.off), Rule: RuleSchema, Message: f.message, Hint: f.hint}
	}
	raw, ok := root.plain().(map[string]any)
	if !ok {
		return nil, diag.Problem{Pos: diag.Pos{File: id}, Rule: RuleSchema, Message: "a schema is a JSON object"}
	}
	delete(raw, "$id")
	s := &Schema{id: id, raw: raw, plans: map[string]*plan{}, parts: map[string]*jsonschema.Schema{}}
	p := planner{s, map[string]*plan{}}
	s.plan = p.of(raw)
	for _, place := range extensionPlaces {
		if def := s.at("$defs/" + place); def != nil {
			s.plans[place] = p.of(def)
		}
	}
	return s, nil
}

// planAt returns the plan of the document itself (true) or of a place in it.
func (s *Schema) planAt(where any) *plan {
	if name, ok := where.(string); ok {
		return s.plans[name]
	}
	return s.plan
}

// compile makes the validator, once.
func (s *Schema) compile() error {
	s.once.Do(func() {
		if err := s.validators(); err != nil {
			s.fault = diag.Problem{Pos: diag.Pos{File: s.id}, Rule: RuleSchema, Message: "the schema cannot be used: " + schemaError(err), Err: err}
		}
	})
	return s.fault
}

func (s *Schema) validators() error {
	c := jsonschema.NewCompiler()
	c.LoadURL = func(string) (io.ReadCloser, error) {
		return nil, errors.New("a schema may not refer to another file")
	}
	const url = "mem:schema"
	data, err := json.Marshal(s.raw)
	if err != nil {
		return err
	}
	if err := c.AddResource(url, bytes.NewReader(data)); err != nil {
		return err
	}
	if s.check, err = c.Compile(url); err != nil {
		return err
	}
	for place := range s.plans {
		if s.parts[place], err = c.Compile(url + "#/$defs/" + place); err != nil {
			return err
		}
	}
	return nil
}

// checkAt returns the validator of the document itself (true) or a place in it.
func (s *Schema) checkAt(where any) *jsonschema.Schema {
	if name, ok := where.(string); ok {
		return s.parts[name]
	}
	return s.check
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
