package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// moveOptions say who moves a release, and why.
type moveOptions struct{ by, reason string }

func (m *moveOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&m.by, "by", "", "who does it (default: the user of this machine)")
	c.Flags().StringVar(&m.reason, "reason", "", "why; it stands in the log")
}

// move returns the move, at this moment.
func (m *moveOptions) move() life.Move {
	by := m.by
	if by == "" {
		if u, err := user.Current(); err == nil {
			by = u.Username
		}
	}
	return life.Move{At: time.Now(), By: cmp.Or(by, "unknown"), Reason: m.reason}
}

// releaseCommands move a package folder from state to state.
func releaseCommands(a *app) []*cobra.Command {
	return []*cobra.Command{newCompleteCommand(a), newPublishCommand(a), newRetireCommand(a), newPackageSignCommand(a), newPackageLogCommand(a)}
}

func newRetireCommand(a *app) *cobra.Command {
	var by string
	var m moveOptions
	c := &cobra.Command{Use: "retire FOLDER", Short: "Withdraw a published package: who uses it is warned", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeRecord(args[0], &m, func(r *life.Record) (*life.Record, error) { return r.Retire(by) })
		}}
	c.Flags().StringVar(&by, "replaced-by", "", "version to use instead")
	m.flags(c)
	return c
}

func newPackageSignCommand(a *app) *cobra.Command {
	return &cobra.Command{Use: "sign FOLDER", Short: "Sign the release record of a package with the own key", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeRecord(args[0], nil, func(r *life.Record) (*life.Record, error) { return r, nil })
		}}
}

func newPublishCommand(a *app) *cobra.Command {
	var test, production calendarFlags
	var zone, replaces string
	var m moveOptions
	c := &cobra.Command{
		Use:   "publish FOLDER",
		Short: "Let a completed package be used in production",
		Long: "Let a completed package be used in production. The days it is in force from are of the authority's zone (--zone), and may be\n" +
			"others for legal entities of some regions (--production-except REGION=DAY).",
		Example: "  fiscus package publish xx/name --production-from 2026-08-03 --production-except AB=2026-09-01 --zone Europe/Madrid",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			x, err1 := test.calendar(zone)
			y, err2 := production.calendar(zone)
			if err := errors.Join(err1, err2); err != nil {
				return exit(exitUsage, err)
			}
			return a.changeRecord(args[0], &m, func(r *life.Record) (*life.Record, error) { return r.Publish(x, y, replaces) })
		}}
	test.flags(c, "test")
	production.flags(c, "production")
	c.Flags().StringVar(&zone, "zone", "", "time zone of the authority, whose days are meant (default: that of the legal entity)")
	c.Flags().StringVar(&replaces, "replaces", "", "version it replaces")
	m.flags(c)
	return c
}

// calendarFlags say from when a release is in force in one environment.
type calendarFlags struct {
	from   string
	except map[string]string
}

func (f *calendarFlags) flags(c *cobra.Command, env string) {
	c.Flags().StringVar(&f.from, env+"-from", "", "first day in force in "+env)
	c.Flags().StringToStringVar(&f.except, env+"-except", nil, "first day in "+env+" for legal entities of a region, as REGION=DAY")
}

func (f *calendarFlags) calendar(zone string) (c life.Calendar, err error) {
	from, err := days(f.from)
	if err != nil || f.from == "" && len(f.except) == 0 {
		return c, err
	}
	c = life.Calendar{From: from[0], Zone: zone}
	for region, day := range f.except {
		d, err := days(day)
		if err != nil {
			return c, err
		}
		if c.Except == nil {
			c.Except = map[string]civil.Date{}
		}
		c.Except[region] = d[0]
	}
	return c, nil
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
	if !packageFolder(ref) {
		return nil, "", exit(exitNotFound, fmt.Errorf("there is no package.yaml in %s\n    hint: name the folder of a package", ref))
	}
	return a.packagePlace(ref)
}

// changeRecord makes another record of the one beside a package; with m the
// move is logged.
func (a *app) changeRecord(ref string, m *moveOptions, change func(*life.Record) (*life.Record, error)) error {
	parent, dir, err := a.folder(ref)
	if err != nil {
		return err
	}
	x, err := a.released(parent, dir)
	if err != nil {
		return err
	}
	if x == nil {
		return exit(exitNotFound, fmt.Errorf("there is no release record beside %s\n    hint: fiscus package complete writes it", ref))
	}
	before := x.Record.State
	if x.Record, err = change(x.Record); err != nil {
		return err
	}
	return a.writeRecord(ref, x, before, m)
}

// released reads what stands beside a package and judges it with its files;
// nil if nothing does.
func (a *app) released(parent fs.FS, dir string) (*life.Release, error) {
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	x, err := life.ReadRelease(parent, dir, keys)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, a.lockFits(nil)
	}
	if err := x.Record.Fits(dir, x.Files); err != nil {
		return nil, err
	}
	return x, a.lockFits(x)
}

// writeRecord writes a record, its signature and, with m, its log beside a package.
func (a *app) writeRecord(ref string, x *life.Release, before life.State, m *moveOptions) error {
	key, err := a.signer(operatorKey)
	if err != nil {
		return err
	}
	full, err := filepath.Abs(ref)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	if m != nil {
		if x.Log, err = x.Record.Logged(x.Log, before, m.move(), key); err != nil {
			return err
		}
	}
	x.Signature = x.Record.Sign(key)
	if err := writeBeside(full, x); err != nil {
		return exit(exitEnvironment, err)
	}
	return a.sayRecord(x.Record)
}

// writeBeside writes what stands beside the folder of a package.
func writeBeside(dir string, x *life.Release) error {
	if x.Log != nil {
		if err := replaceFile(dir+life.LogEnd, x.Log); err != nil {
			return err
		}
	}
	return errors.Join(replaceFile(dir+life.RecordEnd, x.Record.Text()), replaceFile(dir+life.SignatureEnd, x.Signature))
}

func (a *app) sayRecord(r *life.Record) error {
	return a.say(map[string]string{"package": r.Package, "version": r.Version, "digest": r.Digest, "state": string(r.State)},
		"%s@%s is %s, %s\n", r.Package, r.Version, r.State, r.Digest)
}
