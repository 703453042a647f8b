package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/fiscus-project/fiscus/schemas"
)

var update = flag.Bool("update", false, "write the schemas anew")

// schemas/config is what the shapes and specs of today give.
func TestGeneratedSchemas(t *testing.T) {
	all, err := All(actions.Registry())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds {
		got, known := all[kind]
		if !known {
			t.Errorf("kind %s has no shape", kind)
			continue
		}
		file := filepath.Join("..", "..", "schemas", "config", kind+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s is not what the shapes give (%v): make generate", file, err)
		}
		if embedded, err := schemas.Config(kind); err != nil || !bytes.Equal(embedded, got) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	all, err := All(actions.Registry())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*jsonschema.Schema{}
	for kind, data := range all {
		if out[kind], err = jsonschema.CompileString(kind+".json", string(data)); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	return out
}

// documents reads YAML as editors do: numbers and booleans are told from texts.
func documents(t *testing.T, data []byte) (all []any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		j, err := json.Marshal(plain(v))
		if err != nil {
			t.Fatal(err)
		}
		n := json.NewDecoder(bytes.NewReader(j))
		n.UseNumber()
		if err := n.Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = plain(x[k])
		}
	case []any:
		for i := range x {
			x[i] = plain(x[i])
		}
	case time.Time:
		return x.Format(time.RFC3339)
	}
	return v
}

// Every file of the shipped packages is what its schema says.
func TestShippedFilesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	kinds := compiled(t)
	seen := map[string]bool{}
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
				return err
			}
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			nodes, _ := yml.Parse(name, data)
			for i, doc := range documents(t, data) {
				kind := nodes[i].Entries[0].Key
				if kind == "fragments" {
					continue // their content is the node language, which has no schema
				}
				if kinds[kind] == nil {
					t.Errorf("%s/%s: no schema", id, name)
					continue
				}
				seen[kind] = true
				if err := kinds[kind].Validate(doc); err != nil {
					t.Errorf("%s/%s: %#v", id, name, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 8 {
		t.Errorf("only %v were judged", seen)
	}
}

// What the loader would refuse while typing, the schema refuses.
func TestMistakesAreSeen(t *testing.T) {
	t.Parallel()
	kinds := compiled(t)
	for _, c := range []struct{ kind, ok, wrong string }{
		{"flow", "flow: a\nsteps: [{id: s, action: time.now}]", "flow: a\nstep: []"},
		{"flow", "flow: a\nkind: part\nsteps: []", "flow: a\nkind: prat\nsteps: []"},
		{"flow", "flow: a\nsteps: [{id: s, action: http.call, with: {url: x, method: GET}}]", "flow: a\nsteps: [{id: s, action: http.call, with: {addres: x}}]"},
		{"flow", "flow: a\nsteps: [{id: s, use: b}]", "flow: a\nsteps: [{id: s, use: b, action: time.now}]"},
		{"flow", "flow: a\nsteps: [{id: s, action: assert, with: {that: x}}]", "flow: a\nsteps: [{id: s, action: asert}]"},
		{"flow", "flow: a\nsteps: [{id: s, use: b, retry: {first: 5m}}]", "flow: a\nsteps: [{id: s, use: b, repeat: {first: 5 minutes}}]"},
		{"answers", "answers: a\ndefault: {class: done}", "answers: a\ndefault: {class: fine}"},
		{"rules", "rules: a\nchecks: [{id: A, assert: x > 1, says: no, fatal: false}]", "rules: a\nchecks: [{id: A, assert: x > 1}]"},
		{"package", "package: xx/a\nversion: 1.0.0\ntitle: {en: A}", "package: xx/a\ntitle: A"},
		{"test", "test: a\ntime: 2026-01-01T00:00:00Z\nscript: [{submit: {}}, {expect: {run: completed}}]", "test: a\nscript: [{expect: {run: complete}}]"},
	} {
		if err := kinds[c.kind].Validate(documents(t, []byte(c.ok))[0]); err != nil {
			t.Errorf("%s: %v", c.ok, err)
		}
		if err := kinds[c.kind].Validate(documents(t, []byte(c.wrong))[0]); err == nil {
			t.Errorf("not seen: %s", c.wrong)
		}
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	if h := Header("../.schemas/flow.json"); !strings.HasPrefix(h, "# yaml-language-server: $schema=../.schemas/flow.json") || !Known("flow") || Known("folder") {
		t.Error(h)
	}
}
