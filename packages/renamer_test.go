package packages

import (
	"bytes"
	"encoding/csv"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"gopkg.in/yaml.v3"
)

// A renamer gives the vocabulary of a package other words: all names that its
// mappings write, and codes by the place they stand at. Only what the package
// itself consists of is read for it.
type renamer struct {
	names map[string]bool   // elements and attributes that mappings write
	words []vocabulary      // codes, by file
	edits []edit            // what stands in the middle of a formula or text
	table map[string]column // "file.csv column" to what happens to its cells
	skip  func(file string) bool
	hits  map[string]int
}

// A vocabulary renames scalars, members of comma lists and quoted literals that
// are exactly a word.
type vocabulary struct {
	name  string
	files string // path.Match
	at    string // only below all these keys; empty: anywhere
	not   string // not below this key
	words map[string]string
}

type edit struct{ files, old, new string }

type column func(cell string) string

// rename returns the package with other words.
func (r *renamer) rename(t *testing.T, files fs.FS) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	r.hits = map[string]int{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		out[name] = &fstest.MapFile{Data: r.file(t, name, data)}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.edits {
		if r.hits["edit "+r.edits[i].old] == 0 {
			t.Errorf("%q stands in no file %s", r.edits[i].old, r.edits[i].files)
		}
	}
	for title := range r.table {
		if r.hits[title] == 0 {
			t.Errorf("no cell of %s", title)
		}
	}
	for i := range r.words {
		if r.hits[r.words[i].name] == 0 {
			t.Errorf("no word of %s was found in %s", r.words[i].name, r.words[i].files)
		}
	}
	return out
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok || pattern == "*" || strings.HasSuffix(pattern, "/*") && strings.HasPrefix(name, pattern[:len(pattern)-1])
}

func (r *renamer) file(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	for _, e := range r.edits {
		if matches(e.files, name) {
			r.hits["edit "+e.old] += bytes.Count(data, []byte(e.old))
			data = bytes.ReplaceAll(data, []byte(e.old), []byte(e.new))
		}
	}
	switch path.Ext(name) {
	case ".csv":
		return r.csv(t, name, data)
	case ".yaml", ".json":
		if strings.HasPrefix(name, "schemas/") || strings.HasPrefix(name, "demo/") {
			return data
		}
		return r.yaml(t, name, data)
	}
	return data
}

func (r *renamer) csv(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, title := range all[0] {
		change := r.table[path.Base(name)+" "+title]
		for _, row := range all[1:] {
			if change != nil && row[i] != "" && row[i] != "*" {
				r.hits[path.Base(name)+" "+title]++
				row[i] = change(row[i])
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// yaml renames in a YAML or JSON file. Comments behind a value go, since the
// encoder puts one blank before them where the loader wants two.
func (r *renamer) yaml(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	in, out := yaml.NewDecoder(bytes.NewReader(data)), yaml.NewEncoder(&b)
	for {
		var doc yaml.Node
		err := in.Decode(&doc)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		bare(&doc)
		for _, v := range r.words {
			if matches(v.files, name) {
				r.word(v, nil, &doc)
			}
		}
		if !r.skip(name) {
			written(&doc, func(n *yaml.Node) { n.Value = r.name(n.Value) })
			r.scalars(name, nil, &doc, false)
		}
		if err := out.Encode(&doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return b.Bytes()
}

func bare(n *yaml.Node) {
	n.LineComment = ""
	for _, c := range n.Content {
		bare(c)
	}
}

// written visits the keys of a mapping that name elements and attributes.
func written(n *yaml.Node, visit func(*yaml.Node)) {
	if n.Kind == yaml.DocumentNode {
		for _, c := range n.Content {
			written(c, visit)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case "root", "nodes":
			nodesOf(n.Content[i+1], visit)
		default:
			written(n.Content[i+1], visit)
		}
	}
}

func nodesOf(n *yaml.Node, visit func(*yaml.Node)) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			nodesOf(c, visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			word, _, _ := strings.Cut(key.Value, ".")
			switch {
			case word == "$cases":
				for j := 1; j < len(value.Content); j += 2 {
					nodesOf(value.Content[j], visit)
				}
			case word == "$group" || word == "$seq":
				nodesOf(value, visit)
			case strings.HasPrefix(word, "$") || word == "with":
			default:
				visit(key)
				nodesOf(value, visit)
			}
		}
	}
}

// name renames an element "x", an attribute "@x" or a prefixed name "p:x".
func (r *renamer) name(s string) string {
	lead := ""
	if i := strings.LastIndexAny(s, "@:"); i >= 0 {
		lead, s = s[:i+1], s[i+1:]
	}
	if !r.names[s] {
		return lead + s
	}
	r.hits["names"]++
	return lead + other(s)
}

// other turns a name into one that stands nowhere in the package.
func other(s string) string {
	return "z" + strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			return 'A' + (c-'A'+13)%26
		}
		return c
	}, s)
}

var (
	reading = regexp.MustCompile(`\b((?:at|nodes|source|has)\((?:[\w.]+(?:\[\w+\])?, *)?")([^"]*)"`)
	step    = regexp.MustCompile(`'[^']*'|[@\pL_][\w.\-:]*`)
)

// path renames the steps of a path; quoted text in it stays.
func (r *renamer) path(s string) string {
	return step.ReplaceAllStringFunc(s, func(part string) string {
		if part[0] == '\'' {
			return part
		}
		return r.name(part)
	})
}

// scalars renames names where they are read: in paths inside formulas, in
// scalars that are paths, and where a step names an element.
func (r *renamer) scalars(file string, keys []string, n *yaml.Node, key bool) {
	if n.Kind == yaml.ScalarNode {
		last := ""
		if len(keys) > 0 {
			last = keys[len(keys)-1]
		}
		switch {
		case strings.HasPrefix(n.Value, "/") && unicode.IsLetter(rune(strings.TrimLeft(n.Value, "/")[0])) && last != "path":
			n.Value = r.path(n.Value)
		case !key && last == "element", !key && last == "id" && r.names[n.Value]:
			n.Value = r.name(n.Value)
		default:
			n.Value = reading.ReplaceAllStringFunc(n.Value, func(call string) string {
				m := reading.FindStringSubmatch(call)
				return m[1] + r.path(m[2]) + `"`
			})
		}
		return
	}
	r.below(keys, n, func(keys []string, n *yaml.Node, key bool) { r.scalars(file, keys, n, key) })
}

func (r *renamer) below(keys []string, n *yaml.Node, visit func([]string, *yaml.Node, bool)) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			visit(keys, c, false)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(keys, n.Content[i], true)
		visit(append(keys[:len(keys):len(keys)], n.Content[i].Value), n.Content[i+1], false)
	}
}

var literal = regexp.MustCompile(`"[^"]*"`)

func (r *renamer) word(v vocabulary, keys []string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		r.below(keys, n, func(keys []string, n *yaml.Node, _ bool) { r.word(v, keys, n) })
		return
	}
	for _, k := range strings.Fields(v.at) {
		if !slices.Contains(keys, k) {
			return
		}
	}
	if slices.Contains(keys, v.not) {
		return
	}
	change := func(s string) string {
		if to := v.words[s]; to != "" {
			r.hits[v.name]++
			return to
		}
		return s
	}
	list := strings.Split(n.Value, ", ")
	for i := range list {
		list[i] = change(list[i])
	}
	n.Value = literal.ReplaceAllStringFunc(strings.Join(list, ", "), func(q string) string { return `"` + change(q[1:len(q)-1]) + `"` })
}
