package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
)

func newPackageVerifyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify PACKAGE|ARCHIVE",
		Short: "Judge a package by its release record: digest, state, signature",
		Long:  "Every command does this when it reads a package that has a release record; here it is told.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && !info.IsDir() {
				x, err := a.unpack(args[0])
				if err != nil {
					return err
				}
				return a.sayRecord(x.Record)
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

func (a *app) unpack(file string) (*life.Release, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, exit(exitNotFound, err)
	}
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	x, err := life.Unpack(data, keys)
	if err != nil {
		return nil, err
	}
	return x, a.lockFits(x)
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
			x, err := a.released(parent, dir)
			if err != nil {
				return err
			}
			if x == nil || x.Record.State == life.Draft {
				return exit(exitFindings, fmt.Errorf("only a completed package is built\n    hint: fiscus package complete %s", args[0]))
			}
			r := x.Record
			var b bytes.Buffer
			if err := life.Archive(&b, x); err != nil {
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
