package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/scaffold"
	"github.com/fiscus-project/fiscus/configpkg/schema"
)

func newPackageNewCommand(a *app) *cobra.Command {
	var dir, title, from, version string
	c := &cobra.Command{
		Use:   "new XX/NAME",
		Short: "Make the first files of a package: a flow that writes an invoice, and its tests",
		Long: `Make the first files of a package in a new folder: a flow that checks, numbers and
writes an invoice, its mapping and rules, an entity, documents, and tests that pass.
Editors with yaml-language-server find the schema of every file by its first line.`,
		Example: "  fiscus package new xx/invoice\n  fiscus package new xx/invoice --dir work/xx --title 'Invoices of Xx'\n  fiscus package new xx/invoice --from xx/invoice@1.0.0 --version 1.1.0",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if (from == "") != (version == "") {
				return exit(exitUsage, errors.New("--from and --version go together"))
			}
			if from != "" {
				return a.copyPackage(args[0], from, version, dir)
			}
			return a.newPackage(args[0], dir, title)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "folder to make (default: the name of the package)")
	c.Flags().StringVar(&from, "from", "", "copy this package (folder, xx/name, xx/name@version) as a draft, under --version")
	c.Flags().StringVar(&version, "version", "", "version of the copy")
	c.Flags().StringVar(&title, "title", "", "name for people")
	return c
}

func (a *app) newPackage(id, dir, title string) error {
	schemas, err := schema.All(registry())
	if err != nil {
		return err
	}
	files, err := scaffold.Files(id, title, schemas)
	if err != nil {
		return exit(exitUsage, err)
	}
	if dir == "" {
		dir = path.Base(id)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return exit(exitUsage, fmt.Errorf("%s is there and not empty\n    hint: name another folder with --dir", dir))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return exit(exitEnvironment, err)
	}
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if err := writeUnder(dir, name, files[name]); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, scaffold.Schemas+"/") })
	return a.say(map[string]any{"package": id, "folder": dir, "files": names},
		"%s\nnext: fiscus package test %s\n", "made "+dir+"/{"+strings.Join(names, ", ")+"}", dir)
}

// writeUnder writes a file of a folder, making the folders on the way.
func writeUnder(dir, name string, data []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
