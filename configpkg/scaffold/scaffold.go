// Package scaffold makes the first files of a feature package: a flow that
// checks, numbers and writes an invoice, with the tests that show it. The
// package loads, is clean for lint and passes its tests as it is made.
//
// Begin with Files.
package scaffold

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/schema"
)

//go:embed template
var template embed.FS

var idForm = regexp.MustCompile(`^[a-z]{2}/[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Schemas is the folder in a package where the schemas for editors stand; it is
// no part of the package.
const Schemas = ".schemas"

// Files returns the files of a new package of that id ("xx/name"), by path.
// Every YAML file begins with the line by which editors find its schema;
// schemas are those of schema.All.
func Files(id, title string, schemas map[string][]byte) (map[string][]byte, error) {
	if !idForm.MatchString(id) {
		return nil, fmt.Errorf("%q is no id of a package: write two letters of a country, a slash, and a name, such as xx/name", id)
	}
	country, name, _ := strings.Cut(id, "/")
	if title == "" {
		title = strings.ToUpper(name[:1]) + name[1:]
	}
	fill := strings.NewReplacer("@ID@", id, "@COUNTRY@", strings.ToUpper(country), "@SLUG@", strings.ReplaceAll(id, "/", ":"),
		"@RULE@", strings.ToUpper(country), "@TITLE@", quoted(title))
	out := map[string][]byte{}
	err := fs.WalkDir(template, "template", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := template.ReadFile(file)
		file = strings.TrimPrefix(file, "template/")
		text := fill.Replace(string(data))
		if kind, _, _ := strings.Cut(text, ":"); path.Ext(file) == ".yaml" && schemas[kind] != nil {
			text = schema.Header(strings.Repeat("../", strings.Count(file, "/"))+Schemas+"/"+kind+".json") + text
		}
		out[file] = []byte(text)
		return err
	})
	for kind, data := range schemas {
		out[Schemas+"/"+kind+".json"] = data
	}
	return out, err
}

// quoted writes a title as YAML.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(text) + `"`
}
