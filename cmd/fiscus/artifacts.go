package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Names of the folders of official files and of what was compiled from them.
const (
	dataArtifacts = "artifacts"
	dataCompiled  = "compiled"
)

// artifactsDir returns the folder of official files: the flag, FISCUS_ARTIFACTS,
// or the store of the data folder.
func (a *app) artifactsDir(flag string) string {
	for _, dir := range []string{flag, os.Getenv("FISCUS_ARTIFACTS")} {
		if dir != "" {
			return dir
		}
	}
	return filepath.Join(a.data, dataArtifacts)
}

func (a *app) openArtifacts(flag string) (*artifacts.Store, error) {
	dir := a.artifactsDir(flag)
	if _, err := os.Stat(dir); err != nil && (flag != "" || os.Getenv("FISCUS_ARTIFACTS") != "") && !errors.Is(err, os.ErrNotExist) {
		return nil, exit(exitEnvironment, err)
	}
	s, err := artifacts.Open(dir)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	return s, nil
}

// compiledCache returns the cache of compiled schemas: FISCUS_CACHE, the data
// folder if there is one, else the user's cache folder. Nil is none.
func (a *app) compiledCache() *artifacts.Compiled {
	if dir := os.Getenv("FISCUS_CACHE"); dir != "" {
		return artifacts.NewCompiled(dir)
	}
	if info, err := os.Stat(a.data); err == nil && info.IsDir() {
		return artifacts.NewCompiled(filepath.Join(a.data, dataCompiled))
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return artifacts.NewCompiled(filepath.Join(dir, "fiscus", dataCompiled))
	}
	return nil
}

func newArtifactsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "artifacts",
		Short: "Official schemas, rule sets and code lists: import, list, verify",
		Long: "Official files are other people's work and do not ship with Fiscus. Import them once;\n" +
			"documents are then judged by them, unchanged. Nothing is fetched while judging.",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	dir := c.PersistentFlags().String("artifacts", "", "folder of official files (default FISCUS_ARTIFACTS, or the data folder)")
	c.AddCommand(newArtifactsImport(a, dir), newArtifactsList(a, dir), newArtifactsVerify(a, dir), newArtifactsDiff(a, dir))
	return c
}

func newArtifactsImport(a *app, dir *string) *cobra.Command {
	like := artifacts.Manifest{}
	c := &cobra.Command{
		Use:   "import FOLDER|ZIP|URL",
		Short: "Copy official files into the store, with a manifest that pins their content",
		Long: "Without --id each folder of the source becomes a bundle of that name, described by its SOURCE.md.\n" +
			"With --id the source is one bundle. A catalog.xml at the top maps absolute addresses to files.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.openArtifacts(*dir)
			if err != nil {
				return err
			}
			bar := a.progress("import")
			made, err := s.ImportFrom(c.Context(), args[0], like, bar.set)
			bar.end()
			if err != nil {
				return err
			}
			return a.bundles(made)
		},
	}
	f := c.Flags()
	f.StringVar(&like.ID, "id", "", "id of the bundle")
	f.StringVar(&like.Version, "version", "", "version, as the publisher names it")
	f.StringVar(&like.Source, "source", "", "where it comes from")
	f.StringVar(&like.Licence, "licence", "", "licence, as the publisher names it")
	f.BoolVar(&like.Redistributable, "redistributable", false, "the licence allows to pass it on")
	f.StringVar(&like.ValidFrom, "valid-from", "", "first day it applies, 2006-01-02")
	f.StringVar(&like.ValidTo, "valid-to", "", "last day it applies, 2006-01-02")
	f.BoolVar(&like.StandIn, "stand-in", false, "not official: never makes a document valid")
	return c
}

func newArtifactsList(a *app, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the installed bundles",
		RunE: func(*cobra.Command, []string) error {
			s, err := a.openArtifacts(*dir)
			if err != nil {
				return err
			}
			if len(s.Bundles()) == 0 {
				return a.say([]any{}, "no official files in %s\n    hint: fiscus artifacts import FOLDER|ZIP|URL\n", s.Dir())
			}
			return a.bundles(s.Bundles())
		},
	}
}

func (a *app) bundles(list []*artifacts.Manifest) error {
	var b strings.Builder
	for _, m := range list {
		what := "official"
		if m.StandIn {
			what = "stand-in"
		}
		fmt.Fprintf(&b, "%-24s %-28s %-9s %5d files  %s\n", m.ID, m.Version, what, len(m.Files), m.Digest)
	}
	return a.say(list, "%s", b.String())
}

func newArtifactsVerify(a *app, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Read every file and compare it with its digest",
		RunE: func(*cobra.Command, []string) error {
			s, err := a.openArtifacts(*dir)
			if err != nil {
				return err
			}
			bar := a.progress("verify")
			probs := s.Verify(bar.set)
			bar.end()
			files := 0
			for _, m := range s.Bundles() {
				files += len(m.Files)
			}
			if len(probs) > 0 {
				a.problems(probs)
			}
			if probs.Grave() {
				return exitQuiet(exitFindings)
			}
			if len(probs) > 0 {
				return nil
			}
			return a.say(map[string]any{"bundles": len(s.Bundles()), "files": files, "findings": diag.List{}},
				"%d files of %d bundles are as imported\n", files, len(s.Bundles()))
		},
	}
}

func newArtifactsDiff(a *app, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "diff BUNDLE[@VERSION][:FOLDER] BUNDLE[@VERSION][:FOLDER]",
		Short: "What two versions of official files say differently: rules, declarations, values",
		Long:  "VERSION is a version or digest of an installed bundle. Exit: 0 the same, 1 there are differences.",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.openArtifacts(*dir)
			if err != nil {
				return err
			}
			var parts [2]artifacts.Part
			for i, arg := range args {
				if parts[i], err = part(s, arg); err != nil {
					return err
				}
			}
			changes, err := artifacts.Diff(parts[0], parts[1])
			if err != nil {
				return err
			}
			var b strings.Builder
			for _, c := range changes {
				fmt.Fprintf(&b, "%-8s %s  %s\n", c.Kind, c.File, c.Item)
				if c.From != c.To {
					fmt.Fprintf(&b, "         from %s\n         to   %s\n", c.From, c.To)
				}
			}
			if len(changes) == 0 {
				return a.say([]artifacts.Change{}, "no differences\n")
			}
			return errors.Join(a.say(changes, "%s", b.String()), exitQuiet(exitFindings))
		},
	}
}

// part reads BUNDLE[@VERSION][:FOLDER].
func part(s *artifacts.Store, arg string) (artifacts.Part, error) {
	name, folder, ok := strings.Cut(arg, ":")
	if !ok {
		folder = "."
	}
	bundle, version, pinned := strings.Cut(name, "@")
	choice := artifacts.Choice{}
	if pinned {
		choice.Pin = map[string]string{bundle: version}
	}
	lib, err := s.Library(choice)
	if err != nil {
		return artifacts.Part{}, err
	}
	if _, ok := lib.Bundle(bundle); !ok {
		return artifacts.Part{}, exit(exitNotFound, fmt.Errorf("bundle %q is not installed in %s", bundle, s.Dir()))
	}
	return artifacts.Part{Library: lib, Bundle: bundle, Folder: strings.TrimSuffix(folder, "/")}, nil
}
