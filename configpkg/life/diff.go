package life

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
)

// Difference is one thing two packages say differently, in the words of
// packages.
type Difference struct {
	What string `json:"what"` // rule, mapping, answer code, table row, parameter, flow, test, simulator, ...
	Name string `json:"name"` // "core XZ-1", "slip root/Slip/Seller"
	How  string `json:"how"`  // added, removed, changed
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // in the new package, else in the old one
}

// Diff tells what package b says differently from a, by file.
func Diff(a, b fs.FS) ([]Difference, error) {
	old, err := load.Files(a)
	if err != nil {
		return nil, err
	}
	now, err := load.Files(b)
	if err != nil {
		return nil, err
	}
	d := &differ{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(old, now)))) {
		if err := d.file(a, b, name, slices.Contains(old, name), slices.Contains(now, name)); err != nil {
			return nil, err
		}
	}
	return d.out, nil
}

type differ struct {
	name string
	out  []Difference
}

func (d *differ) file(a, b fs.FS, name string, inA, inB bool) error {
	read := func(f fs.FS, has bool) ([]byte, error) {
		if !has {
			return nil, nil
		}
		return fs.ReadFile(f, name)
	}
	x, err := read(a, inA)
	if err != nil {
		return err
	}
	y, err := read(b, inB)
	if err != nil || inA && inB && bytes.Equal(x, y) {
		return err
	}
	d.name = name
	before := len(d.out)
	switch path.Ext(name) {
	case ".yaml":
		d.yaml(x, y)
	case ".csv":
		d.csv(x, y)
	default:
		d.add("file", name, inA, inB, fmt.Sprintf("%d bytes", len(x)), fmt.Sprintf("%d bytes", len(y)), 0)
	}
	if len(d.out) == before && inA && inB {
		d.add("file", name, true, true, "", "comments and layout only", 0)
	}
	return nil
}

func (d *differ) add(what, name string, inA, inB bool, old, new string, line int) {
	x := Difference{What: what, Name: name, How: "changed", File: d.name, Line: line, Old: old, New: new}
	switch {
	case !inA:
		x.How, x.Old = "added", ""
	case !inB:
		x.How, x.New = "removed", ""
	}
	d.out = append(d.out, x)
}

// yaml compares the documents of two files by kind and name.
func (d *differ) yaml(a, b []byte) {
	x, y := documents(d.name, a), documents(d.name, b)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(x)), slices.Collect(maps.Keys(y)))))) {
		kind, title, _ := strings.Cut(name, " ")
		d.node(words{kind: kind, title: title}, x[name], y[name])
	}
}

// documents reads a file; a file that can't be read has none.
func documents(file string, data []byte) map[string]*yml.Node {
	out := map[string]*yml.Node{}
	docs, _ := yml.Parse(file, data)
	for _, n := range docs {
		name := "file " + file
		if n.Kind == yml.Map && len(n.Entries) > 0 {
			name = n.Entries[0].Key + " " + n.Entries[0].Value.Text
		}
		out[name] = n
	}
	return out
}

// words say where in a package something stands.
type words struct {
	kind, title string
	path        []string
}

func (w words) below(step string) words {
	w.path = append(slices.Clone(w.path), step)
	return w
}

// say turns a place into a thing of the domain and its name.
func (w words) say() (what, name string) {
	at := func(i int) string {
		if i < len(w.path) {
			return w.path[i]
		}
		return ""
	}
	rest := func(i int) string { return strings.Join(w.path[min(i, len(w.path)):], "/") }
	join := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
	}
	list := map[string]string{"checks": "rule", "codes": "answer code", "steps": "step", "parameters": "parameter", "artifacts": "official file",
		"state": "state", "const": "constant", "tables": "table", "results": "result", "deadlines": "deadline", "routes": "simulator route"}
	switch thing := list[at(0)]; {
	case thing != "" && at(1) != "":
		owner := w.title
		if w.kind == "package" || w.kind == "tables" {
			owner = ""
		}
		if w.kind == "flow" {
			thing, owner = "flow", join(w.title, "step")
			if at(0) != "steps" {
				owner = join(w.title, list[at(0)])
			}
		}
		return thing, join(owner, at(1), rest(2))
	case w.kind == "mapping" || w.kind == "fragments":
		return "mapping", join(w.title, rest(0))
	}
	return w.kind, join(w.title, rest(0))
}

func (d *differ) node(w words, a, b *yml.Node) {
	if a == nil && b == nil {
		return
	}
	line := 0
	for _, n := range []*yml.Node{a, b} {
		if n != nil {
			line = n.Pos.Line
		}
	}
	if a == nil || b == nil || a.Kind != b.Kind || a.Kind == yml.Scalar {
		if a == nil || b == nil || a.Line() != b.Line() {
			what, name := w.say()
			d.add(what, name, a != nil, b != nil, a.Line(), b.Line(), line)
		}
		return
	}
	x, y := members(a), members(b)
	for _, m := range y {
		d.node(w.below(m.name), find(x, m.name), m.node)
	}
	for _, m := range x {
		if find(y, m.name) == nil {
			d.node(w.below(m.name), m.node, nil)
		}
	}
	d.order(w, x, y, line)
}

// order tells that what is on both sides comes in another order, where order
// counts: in lists, and in what a mapping writes.
func (d *differ) order(w words, x, y []member, line int) {
	if w.kind != "mapping" && w.kind != "flow" {
		return
	}
	common := func(list, in []member) (out []string) {
		for _, m := range list {
			if find(in, m.name) != nil && !strings.HasPrefix(m.name, "@") {
				out = append(out, m.name)
			}
		}
		return out
	}
	if a, b := strings.Join(common(x, y), ", "), strings.Join(common(y, x), ", "); a != b {
		what, name := w.say()
		d.add(what, name, true, true, "order "+a, "order "+b, line)
	}
}

type member struct {
	name string
	node *yml.Node
}

func find(list []member, name string) *yml.Node {
	for _, m := range list {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// members names what is in a map or list: of a list by id or name, else by
// what it says or its number.
func members(n *yml.Node) (out []member) {
	for _, e := range n.Entries {
		out = append(out, member{e.Key, e.Value})
	}
	seen := map[string]int{}
	for i, item := range n.Items {
		name := ""
		for _, key := range []string{"id", "name", "field", "package", "test"} {
			if v := item.Get(key); v != nil && v.Kind == yml.Scalar {
				name = cmp.Or(name, v.Text)
			}
		}
		if name == "" && item.Kind == yml.Scalar {
			name = item.Text
		}
		if name == "" {
			name = fmt.Sprintf("%d", i+1)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		out = append(out, member{name, item})
	}
	return out
}

// csv compares the rows of two tables as sets, by line.
func (d *differ) csv(a, b []byte) {
	name := strings.TrimSuffix(path.Base(d.name), ".csv")
	x, y := rows(a), rows(b)
	head := func(list []string) string {
		if len(list) > 0 {
			return list[0]
		}
		return ""
	}
	if head(x) != head(y) {
		d.add("table columns", name, len(x) > 0, len(y) > 0, head(x), head(y), 1)
	}
	was, is := set(x), set(y)
	gone := map[string][]string{} // rows that are no more, by their first cell
	for _, r := range x[min(1, len(x)):] {
		if !is[r] {
			gone[first(r)] = append(gone[first(r)], r)
		}
	}
	for i, r := range y[min(1, len(y)):] {
		if was[r] {
			continue
		}
		k := first(r)
		if len(gone[k]) == 0 {
			d.add("table row", name+" "+k, false, true, "", r, i+2)
			continue
		}
		d.add("table row", name+" "+k, true, true, gone[k][0], r, i+2)
		gone[k] = gone[k][1:]
	}
	for _, k := range slices.Sorted(maps.Keys(gone)) {
		for _, r := range gone[k] {
			d.add("table row", name+" "+k, true, false, r, "", 0)
		}
	}
}

func first(row string) string { k, _, _ := strings.Cut(row, ","); return k }

func set(rows []string) map[string]bool {
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r] = true
	}
	return out
}

func rows(data []byte) (out []string) {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}
