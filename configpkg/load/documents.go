package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/schemas"
)

// canonical is what is known of a business document; it is worked out once a
// process, from the schemas that are part of the program.
type canonical struct {
	schema any
	typ    formula.Type
	err    error
	words  []string // values of its type
}

var (
	canonicals  sync.Map // id to func() *canonical
	definitions sync.Map // "invoice/1#line" to formula.Type
)

func canonicalOf(id string) *canonical {
	once, ok := canonicals.Load(id)
	if !ok {
		once, _ = canonicals.LoadOrStore(id, sync.OnceValue(func() *canonical { return readCanonical(id) }))
	}
	return once.(func() *canonical)()
}

func readCanonical(id string) *canonical {
	data, err := schemas.Document(id)
	if err != nil {
		return &canonical{err: err}
	}
	c := &canonical{}
	if c.schema, c.err = decoded(data); c.err != nil {
		return c
	}
	if c.typ, c.err = formula.FromSchema(c.schema); c.err == nil {
		c.typ = c.typ.Named(id)
	}
	var s struct {
		Properties struct {
			Type struct {
				Enum []string `json:"enum"`
			} `json:"type"`
		} `json:"properties"`
	}
	if json.Unmarshal(data, &s) == nil {
		c.words = s.Properties.Type.Enum
	}
	return c
}

// documentType returns the type of a business document, or of a definition in
// its schema: "invoice/1", "invoice/1#line".
func documentType(name string) (formula.Type, error) {
	id, definition, _ := strings.Cut(name, "#")
	if !slices.Contains(schemas.Documents(), id) {
		return formula.Any, fmt.Errorf("no business document %q", id)
	}
	c := canonicalOf(id)
	if definition == "" || c.err != nil {
		return c.typ, c.err
	}
	if t, ok := definitions.Load(name); ok {
		return t.(formula.Type), nil
	}
	t, err := formula.FromDefinition(c.schema, definition)
	if err != nil {
		return formula.Any, err
	}
	t = t.Named(name)
	definitions.Store(name, t)
	return t, nil
}

func schemaType(data []byte) (formula.Type, error) {
	schema, err := decoded(data)
	if err != nil {
		return formula.Any, err
	}
	return formula.FromSchema(schema)
}

func decoded(data []byte) (schema any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	err = d.Decode(&schema)
	return schema, err
}

// words returns the values document.type has in a business document.
func (l *loader) words(id string) []string { return canonicalOf(id).words }

// alias reports whether a name is that of something imported: alias:name.
func alias(name string) bool {
	a, rest, ok := strings.Cut(name, ":")
	return ok && identifier.MatchString(a) && rest != "" && !strings.HasPrefix(rest, "//")
}

// folderOf returns the first folder of a path; "" for a file at the top.
func folderOf(file string) string {
	_, file = cutPrefix(file)
	dir, _, ok := strings.Cut(path.Clean(file), "/")
	if !ok {
		return ""
	}
	return dir
}
