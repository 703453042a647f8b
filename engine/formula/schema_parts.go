package formula

import (
	"slices"
	"strings"
)

// text returns the type of a string by its format.
func (r *schemaReader) text(n schemaNode) Type {
	if enc := n.text("contentEncoding"); enc == "base64" {
		return Bytes
	} else if enc != "" {
		return r.refuse(n.below("contentEncoding"), "", "encoding %q; only base64 is known", short(enc))
	}
	switch n.text("format") {
	case "date":
		return Date
	case "time":
		return Time
	case "date-time":
		return Instant
	case "decimal":
		return Number
	case "duration":
		return r.refuse(n.below("format"), `write "x-type": "duration" for 30s, 5m, 24h, 15d`, "durations are not written as ISO 8601 here")
	}
	return String
}

// fitting says which types of JSON a type of the language may be written as.
var fitting = map[Kind][]string{
	StringKind: {"string"}, NumberKind: {"number", "integer", "string"}, IntegerKind: {"integer", "string"}, BooleanKind: {"boolean"},
	DateKind: {"string"}, TimeKind: {"string"}, InstantKind: {"string"}, DurationKind: {"string"}, BytesKind: {"string"}, TreeKind: {"string"},
	SecretKind: {"string"}, CertificateKind: {"string"}, ConnectionKind: {"string"}, TextKind: {"string", "object"},
}

// extended returns the type that x-type names.
func (r *schemaReader) extended(n schemaNode, names []string, key string) Type {
	at, name := n.below("x-type"), n.text("x-type")
	switch name {
	case "any":
		return r.either(n)
	case "document": // a reference to another submission: in formulas what is known of it
		return Any
	case "list":
		return r.array(n, key)
	case "map":
		return r.object(n, key)
	}
	t, ok := ParseType(name)
	if !ok {
		return r.refuse(at, "", "no type %q", short(name))
	}
	for _, j := range names {
		if !slices.Contains(fitting[t.kind], j) {
			return r.refuse(at, "", "a %s is not written as JSON %s", name, short(j))
		}
	}
	return t
}

// either is the type of a node that says x-type any: the values may be of the
// types under x-types or anyOf, which are told apart when a value is read.
func (r *schemaReader) either(n schemaNode) Type {
	forms := r.scalars(n)
	more, _ := n.m["anyOf"].([]any)
	for i, v := range more {
		path := n.below("anyOf", itoa(i))
		t := r.node(v, path, "")
		for _, f := range forms {
			if container(f) && f.kind == t.kind {
				r.refuse(path, "", "a second %s cannot be told from the first", t.kind)
			}
		}
		forms = append(forms, t)
	}
	if len(forms) == 0 {
		return Any
	}
	return Type{in: &parts{forms: forms}}
}

func container(t Type) bool { return t.kind == ListKind || t.kind == MapKind || t.kind == AnyKind }

func (r *schemaReader) scalars(n schemaNode) (forms []Type) {
	list, _ := n.m["x-types"].([]any)
	for i, v := range list {
		name, _ := v.(string)
		t, ok := ParseType(name)
		if !ok || container(t) {
			r.refuse(n.below("x-types", itoa(i)), "", "no scalar type %q", short(name))
			continue
		}
		forms = append(forms, t)
	}
	return forms
}

func (r *schemaReader) array(n schemaNode, key string) Type {
	items, ok := n.m["items"]
	if !ok {
		return r.refuse(n.path, `add "items"`, "the members of the list have no type")
	}
	in := &parts{}
	t := Type{kind: ListKind, in: in}
	r.remember(key, t)
	in.elem = r.node(items, n.below("items"), "").Required()
	return t
}

func (r *schemaReader) remember(key string, t Type) {
	if key != "" {
		r.seen[key] = t
	}
}

func (r *schemaReader) object(n schemaNode, key string) Type {
	in := &parts{fields: map[string]Type{}, open: true, name: definitionName(key)}
	t := Type{kind: MapKind, in: in}
	r.remember(key, t)
	required := r.required(n)
	properties, _ := n.m["properties"].(map[string]any)
	for _, name := range sortedKeys(properties) {
		f := r.node(properties[name], n.below("properties", name), "")
		if slices.Contains(required, name) {
			f = f.Required()
		} else if f.kind != AnyKind {
			f = f.Gap()
		}
		in.fields[name] = f
	}
	for _, name := range required {
		if _, ok := properties[name]; !ok {
			r.refuse(n.below("required"), "", "required field %q is not among the properties", short(name))
		}
	}
	switch more := n.m["additionalProperties"].(type) {
	case nil:
		if n.m["unevaluatedProperties"] == false {
			in.open = false
		}
	case bool:
		in.open = more
	default:
		extra := r.node(more, n.below("additionalProperties"), "")
		in.extra = &extra
	}
	return t
}

func definitionName(key string) string {
	if name, ok := strings.CutPrefix(key, "#/$defs/"); ok {
		return unpointer.Replace(name)
	}
	return ""
}

func (r *schemaReader) required(n schemaNode) (names []string) {
	list, _ := n.m["required"].([]any)
	for _, v := range list {
		if name, ok := v.(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// narrowing checks that the parts of at that only narrow values say no type
// and name no field that structure does not have.
func (r *schemaReader) narrowing(structure, at schemaNode) {
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := at.m[word].([]any)
		for i, v := range list {
			r.narrows(structure, v, at.below(word, itoa(i)))
		}
	}
	for _, word := range []string{"not", "if", "then", "else"} {
		if v, ok := at.m[word]; ok {
			r.narrows(structure, v, at.below(word))
		}
	}
}

func (r *schemaReader) narrows(structure schemaNode, v any, path string) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	n := schemaNode{path, m}
	for _, word := range []string{"type", "$ref", "x-type", "x-types", "format", "contentEncoding", "additionalProperties"} {
		if n.has(word) {
			r.refuse(n.below(word), "say it beside the properties of the node itself", "%s hangs on other data here", word)
		}
	}
	r.narrowing(structure, n)
	outside, _ := structure.m["properties"].(map[string]any)
	inside, _ := m["properties"].(map[string]any)
	for _, name := range sortedKeys(inside) {
		at := n.below("properties", name)
		field, ok := outside[name].(map[string]any)
		if !ok && !structure.has("$ref") {
			r.refuse(at, "declare it under properties of the node itself", "field %q is known only here", short(name))
			continue
		}
		r.narrows(schemaNode{at, field}, inside[name], at)
	}
	if items, ok := m["items"]; ok {
		field, _ := structure.m["items"].(map[string]any)
		r.narrows(schemaNode{n.below("items"), field}, items, n.below("items"))
	}
}
