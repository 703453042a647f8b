package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// releaseCommands move a package folder from state to state.
func releaseCommands(a *app) []*cobra.Command {
	var notes, test, production, replaces, by string
	complete := &cobra.Command{Use: "complete FOLDER", Short: "Fix the digest of a package: from now on its files may not change",
		Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error { return a.complete(args[0], notes) }}
	complete.Flags().StringVar(&notes, "notes", "", "what is new, in one line")
	publish := &cobra.Command{Use: "publish FOLDER", Short: "Let a completed package be used in production", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeRecord(args[0], func(r *life.Record) (*life.Record, error) {
				from, err := days(test, production)
				if err != nil {
					return nil, err
				}
				return r.Publish(from[0], from[1], replaces)
			})
		}}
	publish.Flags().StringVar(&test, "test-from", "", "first day in force in the test environment")
	publish.Flags().StringVar(&production, "production-from", "", "first day in force in production")
	publish.Flags().StringVar(&replaces, "replaces", "", "version it replaces")
	retire := &cobra.Command{Use: "retire FOLDER", Short: "Withdraw a published package: who uses it is warned", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeRecord(args[0], func(r *life.Record) (*life.Record, error) { return r.Retire(by) })
		}}
	retire.Flags().StringVar(&by, "replaced-by", "", "version to use instead")
	sign := &cobra.Command{Use: "sign FOLDER", Short: "Sign the release record of a package with the own key", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeRecord(args[0], func(r *life.Record) (*life.Record, error) { return r, nil })
		}}
	return []*cobra.Command{complete, publish, retire, sign}
}

func days(list ...string) (out []civil.Date, err error) {
	for _, s := range list {
		d := civil.Date{}
		if s != "" {
			if d, err = civil.ParseDate(s); err != nil {
				return nil, exit(exitUsage, err)
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// folder checks that ref is a folder on this machine, where a record can be
// written.
func (a *app) folder(ref string) (parent fs.FS, dir string, err error) {
	if _, err := os.Stat(filepath.Join(ref, "package.yaml")); err != nil {
		return nil, "", exit(exitNotFound, fmt.Errorf("there is no package.yaml in %s\n    hint: name the folder of a package", ref))
	}
	return a.packagePlace(ref)
}

func (a *app) complete(ref, notes string) error {
	parent, dir, err := a.folder(ref)
	if err != nil {
		return err
	}
	keys, err := a.trusted()
	if err != nil {
		return err
	}
	before, err := life.ReadRecord(parent, dir, keys)
	if err != nil {
		return err
	}
	b, err := a.bundle(ref)
	if err != nil {
		return err
	}
	if problems := lint.Check(b); problems.Grave() {
		at(ref, problems)
		return problems.Err()
	}
	r, err := life.Complete(b.Package, before, notes)
	if err != nil {
		return err
	}
	return a.writeRecord(ref, r)
}

func (a *app) changeRecord(ref string, change func(*life.Record) (*life.Record, error)) error {
	parent, dir, err := a.folder(ref)
	if err != nil {
		return err
	}
	r, err := a.verifyRelease(parent, dir)
	if err != nil {
		return err
	}
	if r == nil {
		return exit(exitNotFound, fmt.Errorf("there is no release record beside %s\n    hint: fiscus package complete writes it", ref))
	}
	if r, err = change(r); err != nil {
		return err
	}
	return a.writeRecord(ref, r)
}

// writeRecord writes a record and its signature beside a package.
func (a *app) writeRecord(ref string, r *life.Record) error {
	key, err := a.signer(operatorKey)
	if err != nil {
		return err
	}
	full, err := filepath.Abs(ref)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	if err := errors.Join(replaceFile(full+life.RecordEnd, r.Text()), replaceFile(full+life.SignatureEnd, r.Sign(key))); err != nil {
		return exit(exitEnvironment, err)
	}
	return a.sayRecord(r)
}

func (a *app) sayRecord(r *life.Record) error {
	return a.say(map[string]string{"package": r.Package, "version": r.Version, "digest": r.Digest, "state": string(r.State)},
		"%s@%s is %s, %s\n", r.Package, r.Version, r.State, r.Digest)
}

func newPackageVerifyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify PACKAGE|ARCHIVE",
		Short: "Judge a package by its release record: digest, state, signature",
		Long:  "Every command does this when it reads a package that has a release record; here it is told.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && !info.IsDir() {
				r, _, _, err := a.unpack(args[0])
				if err != nil {
					return err
				}
				return a.sayRecord(r)
			}
			parent, dir, err := a.packagePlace(args[0])
			if err != nil {
				return err
			}
			r, err := a.verifyRelease(parent, dir)
			if err != nil {
				return err
			}
			if r == nil {
				return exit(exitNotFound, fmt.Errorf("there is no release record beside %s", args[0]))
			}
			return a.sayRecord(r)
		},
	}
}

func (a *app) unpack(file string) (*life.Record, []byte, fs.FS, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, nil, exit(exitNotFound, err)
	}
	keys, err := a.trusted()
	if err != nil {
		return nil, nil, nil, err
	}
	return life.Unpack(data, keys)
}

func newPackageBuildCommand(a *app) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "build FOLDER",
		Short: "Write a released package as one file, the same bytes everywhere",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			parent, dir, err := a.folder(args[0])
			if err != nil {
				return err
			}
			r, err := a.verifyRelease(parent, dir)
			if err != nil {
				return err
			}
			if r == nil || r.State == life.Draft {
				return exit(exitFindings, fmt.Errorf("only a completed package is built\n    hint: fiscus package complete %s", args[0]))
			}
			files, err1 := fs.Sub(parent, dir)
			signature, err2 := fs.ReadFile(parent, dir+life.SignatureEnd)
			var b bytes.Buffer
			if err := errors.Join(err1, err2, life.Archive(&b, files, r, signature)); err != nil {
				return exit(exitEnvironment, err)
			}
			if out == "" {
				out = strings.ReplaceAll(r.Package, "/", "-") + "-" + r.Version + ".zip"
			}
			if err := replaceFile(out, b.Bytes()); err != nil {
				return exit(exitEnvironment, err)
			}
			return a.say(map[string]string{"file": out, "digest": r.Digest}, "%s: %s@%s, %d bytes\n", out, r.Package, r.Version, b.Len())
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write (default: id-version.zip)")
	return c
}

func newPackagePullCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "pull ARCHIVE",
		Short: "Put a package from an archive into the data folder, if a trusted key signed it",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, signature, files, err := a.unpack(args[0])
			if err != nil {
				return err
			}
			dir := filepath.Join(a.data, dataPackages, filepath.FromSlash(r.Package)+"@"+r.Version)
			if _, err := os.Stat(dir); err == nil {
				return exit(exitEnvironment, fmt.Errorf("%s is there already", dir))
			}
			if err := os.CopyFS(dir, files); err != nil {
				return exit(exitEnvironment, err)
			}
			if err := errors.Join(replaceFile(dir+life.RecordEnd, r.Text()), replaceFile(dir+life.SignatureEnd, signature)); err != nil {
				return exit(exitEnvironment, err)
			}
			return a.sayRecord(r)
		},
	}
}

func newPackageDiffCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "diff OLD NEW",
		Short:   "What a package says differently, in words of packages: rules, mappings, answer codes, table rows",
		Example: "  fiscus package diff xx/name ./next",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := a.text()
			if err != nil {
				return err
			}
			x, err := a.packageFiles(args[0])
			if err != nil {
				return err
			}
			y, err := a.packageFiles(args[1])
			if err != nil {
				return err
			}
			list, err := life.Diff(x, y)
			if err != nil {
				return exit(exitEnvironment, err)
			}
			if !text {
				if err := a.json(map[string]any{"differences": append([]life.Difference{}, list...)}); err != nil {
					return err
				}
			} else {
				sayDiff(a, list)
			}
			if len(list) > 0 {
				return exitQuiet(exitFindings)
			}
			return nil
		},
	}
}

func sayDiff(a *app, list []life.Difference) {
	for _, d := range list {
		_, _ = fmt.Fprintf(a.stdout, "%s %s %s", d.What, d.Name, d.How)
		switch d.How {
		case "added":
			_, _ = fmt.Fprintf(a.stdout, ": %s", d.New)
		case "removed":
			_, _ = fmt.Fprintf(a.stdout, ": %s", d.Old)
		default:
			_, _ = fmt.Fprintf(a.stdout, ": %s > %s", orDash(d.Old), orDash(d.New))
		}
		place := d.File
		if d.Line > 0 {
			place = fmt.Sprintf("%s:%d", d.File, d.Line)
		}
		_, _ = fmt.Fprintf(a.stdout, "   (%s)\n", place)
	}
	_, _ = fmt.Fprintf(a.stdout, "%d differences\n", len(list))
}
