package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// takesPackage says how each command that reads a package is called with one:
// PKG is the folder of a released package, ZIP its archive.
var takesPackage = map[string]string{
	"package lint": "PKG", "package graph": "PKG", "package test": "PKG --only accepted", "package fmt": "PKG", "package cases": "PKG", "package diff": "PKG PKG",
	"package derive": "PKG own", "package build": "PKG -o out.zip", "package pull": "ZIP", "package push": "PKG out", "package verify": "PKG|ZIP", "package log": "PKG|ZIP",
	"package complete": "PKG", "package publish": "PKG", "package retire": "PKG", "package sign": "PKG",
	"run": "PKG/tests/documents/one.json --package PKG --entity plain", "dry-run": "PKG/tests/documents/one.json --package PKG --entity plain",
	"explain": "PKG/tests/documents/one.json --package PKG --entity plain", "simulate": "PKG", "entity init": "acme --package PKG",
	"deploy": "PKG --environment test --entity acme",
	"submit": "PKG/tests/documents --package PKG --entity plain",
}

// Whatever byte of a released package, its record, signature, log or archive
// is changed: every command that takes it refuses, and writes nothing.
func TestFlippedBytesAreRefusedByEveryCommand(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	files, err := fs.Sub(testdata, "testdata/slip")
	if err == nil {
		err = os.CopyFS("slip", files)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"package complete slip --without-tests", "package publish slip", "package build slip -o slip.zip"} {
		if out, code := called(t, line); code != exitOK {
			t.Fatal(line, out)
		}
	}
	step, commands := 61, packageCommands(t)
	if sharedtest.Full() {
		step = 1
	}
	for i, command := range commands {
		for args := range strings.SplitSeq(takesPackage[command], "|") {
			line := strings.NewReplacer("PKG", "slip", "ZIP", "slip.zip").Replace(command + " " + args)
			for _, name := range []string{"slip.release.yaml", "slip.release.yaml.minisig", "slip.release.log", "slip/flows/issue.yaml", "slip/tables/doors.csv", "slip.zip"} {
				if strings.Contains(args, "ZIP") == strings.HasSuffix(name, ".zip") {
					flipped(t, line, name, i, step)
				}
			}
		}
	}
	planned(t)
	for _, name := range []string{"one.plan", "one.plan.minisig"} {
		flipped(t, "apply one.plan --package slip", name, 0, step)
	}
	locked(t)
	for i, command := range commands {
		args, _, _ := strings.Cut(takesPackage[command], "|")
		line := strings.NewReplacer("PKG", "slip", "ZIP", "slip.zip").Replace(command + " " + args)
		for _, name := range []string{"fiscus-data/fiscus.lock", "fiscus-data/fiscus.lock.minisig"} {
			flipped(t, line, name, i, step)
		}
	}
}

// planned plans a document with the package of the test.
func planned(t *testing.T) {
	t.Helper()
	text := dated(must(t, "slip/tests/documents/one.json"), time.Now().Add(-time.Second))
	entity := must(t, "slip/tests/entities/plain.yaml")
	err := errors.Join(os.MkdirAll("fiscus-data/entities", 0o700), os.WriteFile("fiscus-data/entities/plain.yaml", entity, 0o600), os.WriteFile("one.json", text, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if out, code := called(t, "run one.json --package slip --entity plain --plan one.plan"); code != exitOK {
		t.Fatal(out)
	}
}

// locked locks the package of the test.
func locked(t *testing.T) {
	t.Helper()
	a := &app{data: "fiscus-data", stderr: io.Discard}
	keys, err := a.trusted()
	if err != nil {
		t.Fatal(err)
	}
	p, err := life.LockedOf(os.DirFS("."), "slip", keys)
	if err == nil {
		err = a.writeLock(&life.Lock{Packages: []life.Locked{p}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, code := called(t, "package lint slip --locked"); code != exitOK {
		t.Fatal("the lock refuses what it locks:", out)
	}
}

// flipped changes every step-th byte of a file, one at a time, and calls.
func flipped(t *testing.T, line, name string, first, step int) {
	t.Helper()
	data := must(t, name)
	defer func() { _ = os.WriteFile(name, data, 0o600) }()
	if strings.HasSuffix(name, ".zip") {
		step *= 8
	}
	for i := (first * 7) % step; i < len(data); i += step {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		before := listing(t)
		out, code := called(t, line)
		if code != exitFindings || !strings.Contains(out, "CFG-RELEASE-") && !strings.Contains(out, "CFG-LOCK-") && !strings.Contains(out, "SIG-FILE-") && !strings.Contains(out, "CFG-YAML") {
			t.Errorf("%s, byte %d of %s: exit %d %s", line, i, name, code, out)
		}
		if after := listing(t); after != before {
			t.Errorf("%s, byte %d of %s: something was written\n%s\n%s", line, i, name, before, after)
		}
	}
}

func called(t *testing.T, line string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	code := run(ctx, strings.Fields(line), strings.NewReader(""), &out, &out)
	return out.String(), code
}

// listing names every file with its size.
func listing(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			b.WriteString(name + " " + info.ModTime().Format(time.RFC3339Nano) + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// packageCommands returns the commands that take a package, by the tree of
// commands: one that is not in the table fails the test.
func packageCommands(t *testing.T) (out []string) {
	t.Helper()
	var walk func(c *cobra.Command, path string)
	walk = func(c *cobra.Command, path string) {
		for _, sub := range c.Commands() {
			name := strings.TrimSpace(path + " " + sub.Name())
			walk(sub, name)
			use := strings.Fields(sub.Use)
			takes := sub.Flags().Lookup("package") != nil
			for _, w := range use[1:] {
				takes = takes || strings.Contains(w, "PACKAGE") || strings.Contains(w, "FOLDER") || strings.Contains(w, "ARCHIVE") || strings.Contains(w, "REF")
			}
			args, known := takesPackage[name]
			if takes && sub.Runnable() && !known && exempt[name] == "" {
				t.Errorf("%s takes a package and is not tried with a changed one", name)
			}
			if known && args == "" {
				t.Errorf("%s is in the table without arguments: it is not tried", name)
			}
			if known {
				out = append(out, name)
			}
		}
	}
	walk(newRoot(&app{}), "")
	return out
}

// exempt are commands that are not tried, and why.
var exempt = map[string]string{
	"artifacts import": "takes official files",
	"artifacts diff":   "takes official files",
	"package rebase":   "needs an overlay; the script overlay tries a base that was touched",
	"secret check":     "takes a name of a secret and reads no package",
	"entity set":       "reads the package as deploy does, of a legal entity that is set up",
	"submission retry": "needs a submission; reads the package as run does",
	"undeploy":         "takes a name out of a file and reads no package",
	"apply":            "tried with changed plans; the script plan tries changed packages",
	"replay":           "needs submissions; reads the package as run does",
	"receive":          "waits for items; reads the package as run does",
}
