// Package schemas holds the JSON Schemas of the canonical documents and of the
// files of feature packages, embedded.
//
// Begin with Document, which gives the bytes of one schema, and Fields, which
// lists its places in order; Config gives those for editors. The schemas are structural: every field has one
// place and a description, and says by x-type which value it becomes in
// formulas (string, boolean, integer, number, date, instant, bytes, document,
// any) where its JSON type does not say it already. x-term and x-terms name
// the business term of EN 16931-1 a field, or a path below it, stands for.
// x-extensions marks a map from package name to data of that package only.
package schemas

import (
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

//go:embed document config
var files embed.FS

// Files returns all schemas as a read-only tree, such as
// document/invoice/1.json.
func Files() fs.FS { return files }

// Documents returns the sorted ids of the canonical documents, such as
// "invoice/1".
func Documents() []string {
	var ids []string
	paths, _ := fs.Glob(files, "document/*/*.json")
	for _, p := range paths {
		ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(p, "document/"), ".json"))
	}
	sort.Strings(ids)
	return ids
}

// Config returns the schema of a kind of file of feature packages, such as
// "flow", for editors; they are made by configpkg/schema.
func Config(kind string) ([]byte, error) { return files.ReadFile("config/" + kind + ".json") }

// Document returns the schema of the canonical document id, such as
// "invoice/1", as JSON bytes. The error names the documents there are.
func Document(id string) ([]byte, error) {
	data, err := files.ReadFile("document/" + id + ".json")
	if err != nil {
		return nil, fmt.Errorf("no document schema %q: known are %s", id, strings.Join(Documents(), ", "))
	}
	return data, nil
}
