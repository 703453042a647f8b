package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
)

func newPackageDeriveCommand(a *app) *cobra.Command {
	id := ""
	c := &cobra.Command{
		Use:   "derive REF DIR",
		Short: "Begin an overlay: own changes over an unmodified package",
		Long: "Begin an overlay: a folder with overlay.yaml, which names the package by id, version and digest, and a first case of its own.\n" +
			"The package must be one that is found by id and version: shipped, or in the data folder.",
		Example: "  fiscus package derive xx/name@1.9.0 acme-name --id acme/name",
		Args:    cobra.ExactArgs(2),
		RunE:    func(_ *cobra.Command, args []string) error { return a.derive(args[0], args[1], id) },
	}
	c.Flags().StringVar(&id, "id", "", "id of the overlay (default: own/ and the name of the folder)")
	return c
}

func (a *app) derive(ref, dir, id string) error {
	files, err := a.packageFiles(ref)
	if err != nil {
		return err
	}
	if id == "" {
		id = "own/" + path.Base(strings.ReplaceAll(dir, `\`, "/"))
	}
	made, err := overlay.Derive(files, id)
	if err != nil {
		return exit(exitUsage, err)
	}
	x, err := overlay.Parse(made[overlay.File])
	if err != nil {
		return err
	}
	found, err := a.shelf().Base(x.Base.Package, x.Base.Version)
	if err == nil {
		err = x.Fits(found)
	}
	if err != nil {
		return exit(exitNotFound, fmt.Errorf("%w\n    hint: a base is found by id and version: put %s@%s into packages/ of the data folder first", err, x.Base.Package, x.Base.Version))
	}
	if err := a.newFolder(dir, made); err != nil {
		return err
	}
	return a.say(map[string]any{"overlay": id, "base": x.Base, "folder": dir},
		"made %s: %s over %s@%s\nnext: write changes into %s/%s, then fiscus package test %s\n", dir, id, x.Base.Package, x.Base.Version, dir, overlay.File, dir)
}

// newFolder writes files into a folder that is not there or empty.
func (a *app) newFolder(dir string, files map[string][]byte) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return exit(exitUsage, fmt.Errorf("%s is there and not empty\n    hint: name another folder", dir))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return exit(exitEnvironment, err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeUnder(dir, name, files[name]); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	return nil
}

// copyPackage begins a new version of a package as a draft: all files of one,
// under another version.
func (a *app) copyPackage(id, ref, version, dir string) error {
	files, err := a.packageFiles(ref)
	if err != nil {
		return err
	}
	if overlay.Is(files) {
		return exit(exitUsage, errors.New("an overlay is carried over with package rebase"))
	}
	names, err := load.Files(files)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if out[name], err = fs.ReadFile(files, name); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	if out["package.yaml"], err = overlay.Renamed(out["package.yaml"], id, version); err != nil {
		return exit(exitUsage, err)
	}
	if dir == "" {
		dir = path.Base(id) + "-" + version
	}
	if err := a.newFolder(dir, out); err != nil {
		return err
	}
	return a.say(map[string]any{"package": id, "version": version, "from": ref, "folder": dir},
		"made %s: %s@%s, a draft with the files of %s\n", dir, id, version, ref)
}
