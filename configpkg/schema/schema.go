package schema

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
)

// object is a JSON object; it is written with its names sorted.
type object = map[string]any

const dialect = "http://json-schema.org/draft-07/schema#" // what editors know best

// All returns the schema of every kind of file, by kind, as indented JSON.
func All(actions *engine.Registry) (map[string][]byte, error) {
	w := &writer{shapes: map[string]load.Shape{}, actions: actions}
	for _, s := range load.Shapes() {
		w.shapes[s.Name] = s
	}
	all := map[string][]byte{}
	for _, kind := range Kinds {
		if _, known := w.shapes[kind]; !known {
			continue
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(w.file(kind)); err != nil {
			return nil, err
		}
		all[kind] = b.Bytes()
	}
	return all, nil
}

type writer struct {
	shapes  map[string]load.Shape
	actions *engine.Registry
	defs    object   // of the file at hand
	open    []string // shapes whose definition is still to be written
}

// file writes the schema of a kind of file.
func (w *writer) file(kind string) object {
	w.defs, w.open = object{}, nil
	root := w.shape(w.shapes[kind])
	root["$schema"] = dialect
	root["title"] = "Fiscus: " + kind
	for len(w.open) > 0 {
		name := w.open[0]
		w.open = w.open[1:]
		w.defs[key(name)] = w.shape(w.shapes[name])
	}
	if len(w.defs) > 0 {
		root["definitions"] = w.defs
	}
	return root
}

func key(shape string) string { return strings.ReplaceAll(shape, " ", "-") }

// ref refers to the definition of a shape, which is written later.
func (w *writer) ref(shape string) object {
	if _, known := w.shapes[shape]; !known {
		return object{}
	}
	if _, done := w.defs[key(shape)]; !done {
		w.defs[key(shape)] = nil
		w.open = append(w.open, shape)
	}
	return object{"$ref": "#/definitions/" + key(shape)}
}

func (w *writer) shape(s load.Shape) object {
	properties, required := object{}, []string{}
	for i := range s.Keys {
		k := &s.Keys[i]
		properties[k.Name] = w.key(k)
		if k.Required {
			required = append(required, k.Name)
		}
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": s.Open}
	if s.Doc != "" {
		o["description"] = s.Doc
	}
	if len(required) > 0 {
		o["required"] = required
	}
	if s.Name == "step" {
		w.steps(o, properties)
	}
	return o
}

// key writes what may stand behind a key.
func (w *writer) key(k *load.Key) object {
	if k.NotBuilt != "" {
		return object{"not": object{}, "description": "Not built yet: " + k.NotBuilt + ".", "errorMessage": "not built yet: " + k.NotBuilt}
	}
	o := w.value(k)
	if k.Doc == "" {
		return o
	}
	if _, isRef := o["$ref"]; isRef { // beside $ref nothing counts in this dialect
		o = object{"allOf": []any{o}}
	}
	o["description"] = k.Doc
	return o
}

var (
	scalar  = []string{"string", "number", "boolean"}
	formula = object{"type": "string", "pattern": "^="}
)

func (w *writer) value(k *load.Key) object {
	switch k.Type {
	case load.Word:
		return word(k)
	case load.WordList:
		return object{"type": "array", "items": word(k)}
	case load.Words:
		return object{"anyOf": []any{word(k), object{"type": "array", "items": word(k)}}}
	case load.Int:
		return object{"anyOf": []any{object{"type": "integer"}, object{"type": "string", "pattern": "^[0-9]+$"}}}
	case load.Bool:
		return object{"type": "boolean"}
	case load.Span:
		return object{"anyOf": []any{object{"type": "string", "pattern": "^-?([0-9.]+(ms|s|m|h|d))+$"}, formula}}
	case load.Cond:
		return object{"type": scalar}
	case load.Form:
		return object{"type": "string", "pattern": "^="}
	case load.People:
		return object{"anyOf": []any{object{"type": scalar}, object{"type": "object", "additionalProperties": object{"type": scalar}}}}
	case load.Object:
		return w.ref(k.Of)
	case load.ObjectList:
		return object{"type": "array", "items": w.ref(k.Of)}
	case load.ObjectMap:
		return object{"type": "object", "additionalProperties": w.ref(k.Of)}
	case load.Names:
		return object{"type": "object"}
	}
	return object{}
}

// word is a literal text, or one of a few.
func word(k *load.Key) object {
	if len(k.Values) == 0 {
		return object{"type": scalar}
	}
	return object{"enum": k.Values}
}
