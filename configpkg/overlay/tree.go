package overlay

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
)

// tree is a package whose files are changed.
type tree struct {
	docs    map[string][]*yml.Node // by file, all YAML files
	csv     map[string]string      // by file, all CSV files
	changed map[string]bool
	rules   map[string]place  // by id of a rule
	guards  map[string]string // by parameter: what goes by it
}

// place is a node of a file.
type place struct {
	file string
	node *yml.Node
}

func newTree(base fs.FS) (*tree, error) {
	t := &tree{docs: map[string][]*yml.Node{}, csv: map[string]string{}, changed: map[string]bool{}, rules: map[string]place{}}
	names, err := load.Files(base)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".csv" {
			continue
		}
		data, err := fs.ReadFile(base, name)
		if err != nil {
			return nil, err
		}
		if path.Ext(name) == ".csv" {
			t.csv[name] = string(data)
			continue
		}
		docs, problems := yml.Parse(name, data)
		if problems.Grave() {
			return nil, problems
		}
		for _, d := range docs {
			t.docs[name] = append(t.docs[name], d.Clone())
		}
	}
	for _, p := range t.kind("rules") {
		if list := p.node.Get("checks"); list != nil {
			for _, c := range list.Items {
				t.rules[said(c, "id")] = place{p.file, c}
			}
		}
	}
	t.guards = t.guarding()
	return t, nil
}

func kindOf(n *yml.Node) string {
	if n.Kind != yml.Map || len(n.Entries) == 0 {
		return ""
	}
	return n.Entries[0].Key
}

// kind returns the documents of a kind, in order of their files.
func (t *tree) kind(kinds ...string) (out []place) {
	for _, file := range slices.Sorted(maps.Keys(t.docs)) {
		for _, n := range t.docs[file] {
			if slices.Contains(kinds, kindOf(n)) {
				out = append(out, place{file, n})
			}
		}
	}
	return out
}

// in returns the document of one of the kinds in a file.
func (t *tree) in(file string, kinds ...string) *yml.Node {
	for _, p := range t.kind(kinds...) {
		if p.file == file {
			return p.node
		}
	}
	return nil
}

// identify gives the result the id and version of the overlay.
func (t *tree) identify(x *Overlay) {
	for _, d := range t.docs["package.yaml"] {
		if kindOf(d) == "package" {
			d.Entries[0].Value = x.node.Get("overlay")
			set(d, "version", x.node.Get("version"))
		}
	}
	t.changed["package.yaml"] = true
}

// set gives a member of a map a value; a new one comes last.
func set(n *yml.Node, key string, v *yml.Node) {
	if e := n.Entry(key); e != nil {
		e.Value = v
		return
	}
	n.Entries = append(n.Entries, yml.Entry{Key: key, KeyPos: v.Pos, Value: v})
}

// step is a member of a map or list.
type step struct {
	parent *yml.Node
	index  int
}

func (s step) get() *yml.Node {
	if s.parent.Kind == yml.List {
		return s.parent.Items[s.index]
	}
	return s.parent.Entries[s.index].Value
}

func (s step) set(v *yml.Node) {
	if s.parent.Kind == yml.List {
		s.parent.Items[s.index] = v
	} else {
		s.parent.Entries[s.index].Value = v
	}
}

// walk follows a path: keys of maps; of lists id, name or number; Name[2] is
// the second of a list under Name.
func walk(n *yml.Node, at string) (last step, err error) {
	for _, word := range strings.Split(at, "/") {
		name, number, indexed := strings.Cut(strings.TrimSuffix(word, "]"), "[")
		if last, err = member(n, name); err != nil {
			return last, err
		}
		if n = last.get(); indexed {
			if last, err = member(n, number); err != nil {
				return last, err
			}
			n = last.get()
		}
	}
	return last, nil
}

func member(n *yml.Node, name string) (step, error) {
	if n.Kind == yml.Map {
		if i := slices.IndexFunc(n.Entries, func(e yml.Entry) bool { return e.Key == name }); i >= 0 {
			return step{n, i}, nil
		}
	}
	for i, item := range n.Items {
		if said(item, "id") == name || said(item, "name") == name || item.Kind == yml.Scalar && item.Text == name {
			return step{n, i}, nil
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i > 0 && i <= len(n.Items) {
		return step{n, i - 1}, nil
	}
	return step{}, fmt.Errorf("there is no %q", name)
}
