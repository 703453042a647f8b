package document

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/schemas"
)

// A Reader reads canonical documents. It is safe for concurrent use.
type Reader struct {
	limits Limits
	types  map[string]string // value of "type" -> schema id
	mu     sync.Mutex
	known  map[string]*Schema
}

// NewReader returns a reader of all canonical documents. Schemas are compiled
// when they are first needed.
func NewReader(limits Limits) (*Reader, error) {
	r := &Reader{limits: limits.filled(), types: map[string]string{}, known: map[string]*Schema{}}
	for _, id := range schemas.Documents() {
		data, err := schemas.Document(id)
		if err != nil {
			return nil, err
		}
		var s struct {
			Properties struct {
				Type struct {
					Enum []string `json:"enum"`
				} `json:"type"`
			} `json:"properties"`
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("schema %q: %w", id, err)
		}
		for _, t := range s.Properties.Type.Enum {
			r.types[t] = id
		}
	}
	return r, nil
}

func (r *Reader) schema(id string) (*Schema, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.known[id]; s != nil {
		return s, nil
	}
	data, err := schemas.Document(id)
	if err != nil {
		return nil, err
	}
	s, err := readSchema(id, data)
	if err == nil {
		r.known[id] = s
	}
	return s, err
}

// Read reads the document in data, which is called file in problems.
// extensions are the schemas of packages by package name with "_" for "/";
// data of other packages is taken as it is. The document is nil when a
// problem is grave.
func (r *Reader) Read(file string, data []byte, extensions map[string]*Schema) (*Document, diag.List) {
	at := newPlaces(file, data)
	if len(data) > r.limits.Bytes {
		return nil, diag.List{diag.Problemf(diag.Pos{File: file}, RuleSize, "the document has %d bytes, more than %d", len(data), r.limits.Bytes)}
	}
	root, faults := scan(data, r.limits)
	var list diag.List
	for _, f := range faults {
		list.Add(diag.Problem{Pos: at.at(f.off), Rule: f.rule, Message: f.message, Hint: f.hint})
	}
	if root == nil {
		return nil, list
	}
	id, problem := r.kindOf(root, at)
	if problem != nil {
		return nil, append(list, *problem)
	}
	s, err := r.schema(id)
	if err != nil {
		return nil, append(list, diag.Problem{Pos: diag.Pos{File: file}, Rule: RuleSchema, Message: err.Error(), Err: err})
	}
	list = append(list, check(s, root, at, extensions)...)
	d := &Document{Schema: id, root: root, places: at}
	if !list.Grave() {
		list = append(list, d.convert(s, extensions)...)
	}
	list.Sort()
	if list.Grave() {
		return nil, list
	}
	return d, list
}

// kindOf finds which schema the document follows, by "schema" or "type".
func (r *Reader) kindOf(root *node, at *places) (string, *diag.Problem) {
	fail := func(n *node, path, message, hint string) (string, *diag.Problem) {
		return "", &diag.Problem{Pos: at.at(n.off), Rule: RuleType, Path: path, Message: message, Hint: hint}
	}
	if root.kind != mapKind {
		return fail(root, "", "a document is an object, not "+kindWords[root.kind], "one file holds one document; a folder of files is taken as many")
	}
	words := make([]string, 0, len(r.types))
	for t := range r.types {
		words = append(words, t)
	}
	sort.Strings(words)
	t := root.kid("type")
	if t == nil || t.kind != stringKind {
		return fail(root, "/type", `the document does not say its "type"`, "known: "+strings.Join(words, ", "))
	}
	id, ok := r.types[t.text]
	if !ok {
		return fail(t, "/type", "unknown type of document "+quote(t.text), diag.DidYouMean(t.text, words))
	}
	if s := root.kid("schema"); s != nil && s.kind == stringKind && s.text != id {
		return fail(s, "/schema", quote(t.text)+" follows the schema "+quote(id)+", not "+quote(s.text), "leave \"schema\" out or correct it")
	}
	return id, nil
}

// check compares the tree with its schema and the data of packages with theirs.
func check(s *Schema, root *node, at *places, extensions map[string]*Schema) diag.List {
	c := &checker{schema: s, root: root, places: at}
	c.run(true)
	e := extensionCheck{at, extensions, &c.list, root}
	e.visit(root, s.plan)
	return c.list
}

type extensionCheck struct {
	places  *places
	schemas map[string]*Schema
	list    *diag.List
	root    *node
}

// visit finds the extension maps by the plan and checks what is in them.
func (e extensionCheck) visit(n *node, p *plan) {
	if p == nil {
		return
	}
	if p.extensions != nil {
		for _, k := range n.kids {
			e.one(k, p.extensions)
		}
		return
	}
	p = p.meant(n)
	for _, k := range n.kids {
		switch {
		case len(k.kids) == 0:
		case n.kind == mapKind:
			e.visit(k, p.property(k.name))
		default:
			e.visit(k, p.items)
		}
	}
}

func (e extensionCheck) one(k *node, where any) {
	s := e.schemas[k.name]
	if s == nil || k.kind != mapKind {
		return
	}
	p := s.planAt(where)
	if p != nil && p.fits(k) {
		return
	}
	at, _ := e.root.pointerTo(k)
	c := &checker{schema: s, root: k, base: at, places: e.places}
	if p == nil {
		c.add(k.at, "", RuleField, "the package has no data on a "+where.(string), "put it where the package's schema has it")
	} else {
		c.run(where)
	}
	*e.list = append(*e.list, c.list...)
}

func (d *Document) convert(s *Schema, extensions map[string]*Schema) diag.List {
	c := &converter{extensions: extensions}
	d.Value, _ = c.value(d.root, s.plan).(map[string]any)
	for _, n := range c.refs {
		at, _ := d.root.pointerTo(n)
		d.References = append(d.References, Reference{Pointer: at, Path: steps(at), ID: n.text})
	}
	var list diag.List
	for i, f := range c.faults {
		path, _ := d.root.pointerTo(c.at[i])
		list.Add(diag.Problem{Pos: d.places.at(f.off), Rule: f.rule, Path: path, Message: f.message, Hint: f.hint})
	}
	return list
}
