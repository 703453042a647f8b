package document

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// checker says in our words what a schema finds.
type checker struct {
	schema *Schema
	root   *node
	base   string // JSON Pointer of root in the document
	places *places
	list   diag.List
}

// run checks c.root. What the plan says fits, fits; otherwise the validator
// finds what is wrong.
func (c *checker) run(where any) {
	if c.schema.planAt(where).fits(c.root) {
		return
	}
	err := c.schema.compile()
	if err == nil {
		err = c.schema.checkAt(where).Validate(c.root.plain())
	}
	var found *jsonschema.ValidationError
	switch {
	case err == nil:
	case errors.As(err, &found):
		c.report(found)
	default:
		c.add(c.root.off, "", RuleValue, "cannot be checked: "+err.Error(), "")
	}
}

func (c *checker) add(off int, pointer, rule, message, hint string) {
	if len(c.list) < maxProblems {
		c.list.Add(diag.Problem{Pos: c.places.at(off), Rule: rule, Path: c.base + pointer, Message: message, Hint: hint})
	}
}

func (c *checker) report(e *jsonschema.ValidationError) {
	if word := last(e.KeywordLocation); word == "anyOf" || word == "oneOf" {
		c.branch(e)
		return
	}
	if len(e.Causes) == 0 {
		c.leaf(e)
		return
	}
	for _, cause := range e.Causes {
		c.report(cause)
	}
}

// branch reports of alternatives the one that was meant: the first whose type
// fits the value.
func (c *checker) branch(e *jsonschema.ValidationError) {
	var types []string
	for _, cause := range e.Causes {
		leaf := cause
		for len(leaf.Causes) > 0 {
			leaf = leaf.Causes[0]
		}
		if last(leaf.KeywordLocation) != "type" || leaf.InstanceLocation != e.InstanceLocation {
			c.report(cause)
			return
		}
		types = append(types, typeWords(c.keyword(leaf)))
	}
	n, _ := c.root.find(e.InstanceLocation)
	c.add(n.off, e.InstanceLocation, RuleValue, fmt.Sprintf("%s must be %s, not %s", called(e.InstanceLocation), strings.Join(types, " or "), kindWords[n.kind]), "")
}

// keyword returns the value of the keyword that e is about.
func (c *checker) keyword(e *jsonschema.ValidationError) any {
	raw, word := c.around(e)
	return raw[word]
}

// around returns the schema that e is about, and its keyword.
func (c *checker) around(e *jsonschema.ValidationError) (map[string]any, string) {
	_, path, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return nil, path
	}
	return c.schema.at(path[:i]), path[i+1:]
}

func (c *checker) leaf(e *jsonschema.ValidationError) {
	raw, word := c.around(e)
	n, _ := c.root.find(e.InstanceLocation)
	at := e.InstanceLocation
	name := called(at)
	if strings.Contains(e.KeywordLocation, "/propertyNames") {
		c.misnamed(n, at)
		return
	}
	switch word {
	case "additionalProperties":
		c.unknown(n, at, raw)
	case "required":
		c.missing(n, at, raw)
	case "type":
		c.add(n.off, at, RuleValue, fmt.Sprintf("%s must be %s, not %s", name, typeWords(raw[word]), kindWords[n.kind]), doc(raw))
	case "enum":
		c.choices(n, at, raw[word])
	case "const":
		c.add(n.off, at, RuleValue, fmt.Sprintf("%s must be %v", name, raw[word]), "")
	case "pattern":
		c.add(n.off, at, RuleValue, fmt.Sprintf("%s cannot be %s", name, quote(n.text)), written(raw))
	case "minLength", "minItems", "minProperties":
		c.add(n.off, at, RuleValue, name+" is empty or too short", fmt.Sprintf("at least %v", raw[word]))
	case "maxLength", "maxItems", "maxProperties":
		c.add(n.off, at, RuleValue, name+" is too long", fmt.Sprintf("at most %v", raw[word]))
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		c.add(n.off, at, RuleValue, fmt.Sprintf("%s is out of range: %s", name, n.text), fmt.Sprintf("%s %v", word, raw[word]))
	default:
		c.add(n.off, at, RuleValue, name+" does not fit: "+e.Message, "")
	}
}

// misnamed reports a member of an extension map that is no package name.
func (c *checker) misnamed(n *node, at string) {
	name := unescape(last(at))
	c.add(n.at, at, RuleField, quote(name)+" is no package name", `write the package name with "_" for "/": `+strings.ToLower(strings.ReplaceAll(name, "/", "_")))
}

func (c *checker) unknown(n *node, at string, raw map[string]any) {
	props, _ := raw["properties"].(map[string]any)
	known := make([]string, 0, len(props))
	for name := range props {
		known = append(known, name)
	}
	sort.Strings(known)
	for _, k := range n.kids {
		if len(c.list) == maxProblems {
			return
		}
		if _, ok := props[k.name]; !ok && k.kind != nullKind {
			c.add(k.at, pointer(at, k.name), RuleField, "unknown field "+quote(k.name), diag.DidYouMean(k.name, known))
		}
	}
}

func (c *checker) missing(n *node, at string, raw map[string]any) {
	required, _ := raw["required"].([]any)
	props, _ := raw["properties"].(map[string]any)
	for _, r := range required {
		name, _ := r.(string)
		if k := n.kid(name); k == nil || k.kind == nullKind {
			hint := ""
			if p, ok := props[name].(map[string]any); ok {
				hint = doc(p)
			}
			c.add(n.off, pointer(at, name), RuleMissing, "the field "+quote(name)+" is missing", hint)
		}
	}
}

func (c *checker) choices(n *node, at string, enum any) {
	list, _ := enum.([]any)
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	hint := diag.DidYouMean(n.text, words)
	if hint == "" && len(words) > 0 {
		hint = "known: " + strings.Join(words[:min(len(words), 12)], ", ")
	}
	c.add(n.off, at, RuleValue, fmt.Sprintf("%s cannot be %s", called(at), quote(n.text)), hint)
}

// written says how a value of the type that a schema asks for is written,
// where the type tells, else what the schema says of it.
func written(raw map[string]any) string {
	kind, _ := raw["x-type"].(string)
	if kinds, ok := raw["x-types"].([]any); ok && len(kinds) > 0 {
		kind, _ = kinds[0].(string)
		kind += " or more"
	}
	return forms[kind] + doc(raw)
}

var forms = map[string]string{
	"number":       "write 1234.50: a point, and nothing between thousands. ",
	"date":         "write 2026-11-23. ",
	"instant":      "write 2026-11-23T10:00:00Z, or with +01:00 instead of Z. ",
	"date or more": "write 2026-11-23, or 2026-11-23T10:00:00Z. ",
}

func doc(raw map[string]any) string {
	text, _ := raw["description"].(string)
	return text
}

func called(at string) string {
	if at == "" {
		return "the document"
	}
	return quote(strings.Join(steps(at), "."))
}

// steps splits a JSON Pointer.
func steps(at string) []string {
	if at == "" {
		return nil
	}
	parts := strings.Split(at[1:], "/")
	for i := range parts {
		parts[i] = unescape(parts[i])
	}
	return parts
}

func last(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func typeWords(types any) string {
	switch t := types.(type) {
	case string:
		for i, name := range jsonNames {
			if name == t {
				return kindWords[i]
			}
		}
		return "a whole number"
	case []any:
		words := make([]string, len(t))
		for i, one := range t {
			words[i] = typeWords(one)
		}
		return strings.Join(words, " or ")
	}
	return "something else"
}

// reason says in a few words why a text cannot be read.
func reason(err error) string {
	switch {
	case errors.Is(err, civil.ErrRange):
		return "there is no such day or time"
	case errors.Is(err, decimal.ErrRange):
		return "it has too many digits"
	}
	var parse *time.ParseError
	if errors.As(err, &parse) {
		return "there is no such moment"
	}
	return err.Error()
}
