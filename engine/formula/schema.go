package formula

import (
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// FromSchema makes a type of a structural JSON Schema, decoded from JSON or
// YAML. Structural means that each node says its one type, without a look at
// the data: "type" with one name; or "$ref" into the same document; or
// "x-type" with a type of the language where the types of JSON do not tell.
//
//	{"type": "string", "format": "date"}             date; also time, date-time (instant), decimal (number)
//	{"type": "string", "contentEncoding": "base64"}  bytes
//	{"type": ["number", "string"], "x-type": "number"}
//	{"type": "string", "x-type": "duration"}
//	{"x-type": "any", "type": "string", "x-types": ["date", "instant"]}   the first that fits
//	{"x-type": "any", "anyOf": [{"type": "array", ...}, {"type": "object", ...}]}
//
// Other uses of anyOf, oneOf, allOf, not, if, then and else may only narrow
// values. All that is not structural is returned as a diag.List of
// CFG-SCHEMA-STRUCTURAL problems, each with the JSON Pointer to its place.
func FromSchema(schema any) (Type, error) { return fromSchema(schema, "") }

// FromDefinition makes a type of the definition of that name under "$defs" of
// schema; see FromSchema.
func FromDefinition(schema any, name string) (Type, error) {
	return fromSchema(schema, "/$defs/"+pointer.Replace(name))
}

func fromSchema(schema any, path string) (Type, error) {
	r := schemaReader{root: schema, seen: map[string]Type{}}
	t := r.ref("#"+path, "")
	r.problems.Sort()
	return t, r.problems.Err()
}

type schemaReader struct {
	root     any
	seen     map[string]Type // by reference to a definition; its parts may still be empty
	busy     []string        // pointers of definitions that have no kind yet
	problems diag.List
	depth    int
}

func (r *schemaReader) refuse(path, hint, format string, args ...any) Type {
	for _, p := range r.problems {
		if p.Path == path {
			return Any
		}
	}
	r.problems.Add(diag.Problem{Rule: RuleSchema, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
	return Any
}

// schema is one node of a schema with its place.
type schemaNode struct {
	path string
	m    map[string]any
}

func (n schemaNode) text(key string) string { t, _ := n.m[key].(string); return t }

func (n schemaNode) has(key string) bool { _, ok := n.m[key]; return ok }

func (n schemaNode) below(names ...string) string {
	path := n.path
	for _, name := range names {
		path += "/" + pointer.Replace(name)
	}
	return path
}

// ref returns the type of the node a reference leads to.
func (r *schemaReader) ref(ref, from string) Type {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok || path != "" && path[0] != '/' {
		return r.refuse(from, `write "#/$defs/name"`, "reference %q leads out of the schema", short(ref))
	}
	if t, ok := r.seen[ref]; ok {
		return t
	}
	for _, b := range r.busy {
		if b == path {
			return r.refuse(from, "", "reference %q comes back to itself without an object or a list between", short(ref))
		}
	}
	v, ok := lookUp(r.root, path)
	if !ok {
		return r.refuse(from, "", "reference %q leads nowhere", short(ref))
	}
	r.busy = append(r.busy, path)
	t := r.node(v, path, ref)
	if t.kind != MapKind && t.kind != ListKind && t.def == "" {
		t.def = definitionName(ref)
	}
	r.busy = r.busy[:len(r.busy)-1]
	r.seen[ref] = t
	return t
}

var unpointer = strings.NewReplacer("~1", "/", "~0", "~")

func lookUp(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	for _, name := range strings.Split(path[1:], "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[unpointer.Replace(name)]; !ok {
			return nil, false
		}
	}
	return v, true
}

// node returns the type of a node; key is its reference if it may be referred
// to before it is whole.
func (r *schemaReader) node(v any, path, key string) Type {
	m, ok := v.(map[string]any)
	if !ok {
		return r.refuse(path, `say a type, or "x-type": "any"`, "a schema is a map here")
	}
	if r.depth++; r.depth > 100 {
		r.depth--
		return r.refuse(path, "", "more than 100 levels")
	}
	defer func() { r.depth-- }()
	n := schemaNode{path, m}
	for _, word := range []string{"patternProperties", "prefixItems", "additionalItems", "dependentSchemas", "$dynamicRef", "$recursiveRef", "unevaluatedItems"} {
		if n.has(word) {
			return r.refuse(n.below(word), "", "%s has no place in a structural schema", word)
		}
	}
	if n.has("$ref") {
		return r.reference(n)
	}
	t := r.typed(n, key)
	if !n.has("x-type") || n.text("x-type") != "any" {
		r.narrowing(n, n)
	}
	return t
}

func (r *schemaReader) reference(n schemaNode) Type {
	for _, word := range []string{"type", "properties", "items", "additionalProperties", "x-type"} {
		if n.has(word) {
			return r.refuse(n.below(word), "", "%s beside $ref would be a second type", word)
		}
	}
	ref, ok := n.m["$ref"].(string)
	if !ok {
		return r.refuse(n.below("$ref"), "", "$ref is a text")
	}
	t := r.ref(ref, n.below("$ref"))
	r.narrowing(n, n)
	return t.optional()
}

func (r *schemaReader) typed(n schemaNode, key string) Type {
	names, ok := r.typeNames(n)
	if !ok {
		return Any
	}
	if n.has("x-type") {
		return r.extended(n, names, key)
	}
	if len(names) != 1 {
		return r.refuse(n.path, `say one type; for a decimal number that may be a text add "x-type": "number"`, "%s", countTypes(names))
	}
	switch names[0] {
	case "object":
		return r.object(n, key)
	case "array":
		return r.array(n, key)
	case "string":
		return r.text(n)
	case "number":
		return Number
	case "integer":
		return Integer
	case "boolean":
		return Boolean
	}
	return r.refuse(n.below("type"), "", "type %q has no values of formulas", short(names[0]))
}

func countTypes(names []string) string {
	if len(names) == 0 {
		return "no type is said"
	}
	return "more than one type is said"
}

// typeNames returns the names under "type", without "null".
func (r *schemaReader) typeNames(n schemaNode) ([]string, bool) {
	var names []string
	switch t := n.m["type"].(type) {
	case nil:
	case string:
		names = []string{t}
	case []any:
		for _, x := range t {
			name, ok := x.(string)
			if !ok {
				r.refuse(n.below("type"), "", "type is a name")
				return nil, false
			}
			if name != "null" {
				names = append(names, name)
			}
		}
	default:
		r.refuse(n.below("type"), "", "type is a name")
		return nil, false
	}
	return names, true
}
