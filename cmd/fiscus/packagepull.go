package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	oci "github.com/fiscus-project/fiscus/configpkg/registry"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/registries"
)

// registryOptions say how a registry is reached.
type registryOptions struct {
	trust, login string
	plain        bool
}

func (o *registryOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.trust, "trust", "", "PEM file with the roots the registry's certificate must come from")
	c.Flags().StringVar(&o.login, "login", "", "secret with user:password, or a token, for the registry (default: what docker is logged in with)")
	c.Flags().BoolVar(&o.plain, "plain-http", false, "without TLS; only to a registry on this machine")
}

// open opens the repository of a package.
func (a *app) openRepository(ctx context.Context, place, id string, o *registryOptions, create bool) (oci.Repository, error) {
	roots, err := rootsOf(o.trust)
	if err != nil {
		return nil, err
	}
	to := registries.Options{Roots: roots, PlainHTTP: o.plain, Agent: "fiscus/" + Version, Create: create}
	if o.login != "" {
		v, err := a.openVault(false)
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, exit(exitEnvironment, fmt.Errorf("there is no secret %q\n    hint: fiscus secret set %s", o.login, o.login))
		}
		b, err := v.Get(o.login)
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		to.Credential = string(bytes.TrimSpace(b))
	}
	r, err := registries.Open(ctx, place, id, to)
	return r, registryError(err)
}

// registryError gives the problems of registries their exit codes.
func registryError(err error) error {
	var p diag.Problem
	if !errors.As(err, &p) {
		return err
	}
	switch p.Rule {
	case oci.RuleMissing:
		return exit(exitNotFound, p)
	case oci.RuleFailed, registries.RuleAddress:
		return exit(exitEnvironment, p)
	}
	return err
}

func newPackagePushCommand(a *app) *cobra.Command {
	var o registryOptions
	c := &cobra.Command{
		Use:   "push PACKAGE TARGET",
		Short: "Put a released package into a registry, or a folder laid out as one",
		Long: "Put a released package into a registry (oci://host/path) or a folder (OCI image layout), under its id, with its version as the tag.\n" +
			"Record, signature and log go with it as a referrer. The same files have the same digest everywhere; a version that is taken by\n" +
			"other files is refused; pushed again after a move to another state, it gets the new record besides.",
		Example: "  fiscus package push xx/name ./registry\n  fiscus package push xx/name@1.10.0 oci://registry.example/tax --login registry",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			x, err := a.releaseOf(args[0])
			if err != nil {
				return err
			}
			if x == nil || x.Record.State == life.Draft {
				return exit(exitFindings, fmt.Errorf("only a completed package is pushed\n    hint: fiscus package complete FOLDER"))
			}
			to, err := a.openRepository(c.Context(), args[1], x.Record.Package, &o, true)
			if err != nil {
				return err
			}
			digest, err := oci.Push(c.Context(), to, x)
			if err != nil {
				return registryError(err)
			}
			r := x.Record
			return a.say(map[string]string{"package": r.Package, "version": r.Version, "digest": r.Digest, "manifest": digest, "state": string(r.State)},
				"%s@%s is in %s: %s\n", r.Package, r.Version, args[1], digest)
		},
	}
	o.flags(c)
	return c
}

func newPackagePullCommand(a *app) *cobra.Command {
	var o registryOptions
	var from string
	c := &cobra.Command{
		Use:   "pull REF|ARCHIVE",
		Short: "Put a package into the data folder, if a trusted key signed it",
		Long: "Put a package from a registry (--from), or from an archive, into the data folder. REF is xx/name, xx/name@version, and either with\n" +
			"@digest (of the manifest, sha256:..., or of the files, h1:...); without a version the newest is taken. Digest, release record and\n" +
			"signature are judged before anything is written. A package that is there gets the newer record, if its files are the same.",
		Example: "  fiscus package pull xx/name@1.10.0 --from oci://registry.example/tax\n  fiscus package pull xx-name-1.10.0.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			x, manifest, err := a.fetchRelease(c.Context(), args[0], from, &o)
			if err != nil {
				return err
			}
			return a.takeRelease(x, manifest)
		},
	}
	c.Flags().StringVar(&from, "from", "", "registry (oci://host/path) or folder the package is pulled from")
	o.flags(c)
	return c
}

func (a *app) fetchRelease(ctx context.Context, name, from string, o *registryOptions) (*life.Release, string, error) {
	if from == "" {
		x, err := a.unpack(name)
		return x, "", err
	}
	ref, err := oci.ParseReference(name)
	if err != nil {
		return nil, "", exit(exitUsage, fmt.Errorf("%w\n    hint: xx/name, xx/name@1.0.0, and either with @sha256: or @h1: and a digest", err))
	}
	keys, err := a.trusted()
	if err != nil {
		return nil, "", err
	}
	repository, err := a.openRepository(ctx, from, ref.ID, o, false)
	if err != nil {
		return nil, "", err
	}
	x, manifest, err := oci.Pull(ctx, repository, ref, keys)
	return x, manifest, registryError(err)
}

// takeRelease writes a release that was judged into the data folder. What
// stands beside the folder is written first, and the folder in one move: a
// package never stands there without its record, or with half of its files.
func (a *app) takeRelease(x *life.Release, manifest string) error {
	if err := a.lockFits(x); err != nil {
		return err
	}
	r := x.Record
	dir := filepath.Join(a.data, dataPackages, filepath.FromSlash(r.Package)+"@"+r.Version)
	news := ""
	if _, err := os.Stat(dir); err == nil {
		old, err := a.released(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
		if err != nil {
			return err
		}
		switch {
		case old == nil || old.Record.Digest != r.Digest:
			return exit(exitEnvironment, fmt.Errorf("%s is there already, with other files", dir))
		case !life.Later(r, old.Record):
			return a.say(map[string]string{"package": r.Package, "version": r.Version, "digest": r.Digest, "state": string(old.Record.State)},
				"%s@%s is there already, %s\n", r.Package, r.Version, old.Record.State)
		}
		news = "; it was " + string(old.Record.State)
	}
	if err := a.writeRelease(dir, x, news == ""); err != nil {
		return exit(exitEnvironment, err)
	}
	if err := a.relock(x); err != nil {
		return err
	}
	return a.say(map[string]string{"package": r.Package, "version": r.Version, "digest": r.Digest, "manifest": manifest, "state": string(r.State)},
		"%s@%s is %s, %s%s\n", r.Package, r.Version, r.State, r.Digest, news)
}

func (a *app) writeRelease(dir string, x *life.Release, files bool) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if !files {
		return writeBeside(dir, x)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), ".pull-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(part) }()
	if err := copyPackage(part, x.Files); err != nil {
		return err
	}
	if err := writeBeside(dir, x); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

func copyPackage(dir string, files fs.FS) error {
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

func newPackageVersionsCommand(a *app) *cobra.Command {
	var o registryOptions
	var from string
	c := &cobra.Command{
		Use:   "versions ID",
		Short: "Versions of a package in a registry, the newest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.text()
			if err != nil {
				return err
			}
			ref, err := oci.ParseReference(args[0])
			if err != nil {
				return exit(exitUsage, err)
			}
			repository, err := a.openRepository(c.Context(), from, ref.ID, &o, false)
			if err != nil {
				return err
			}
			list, err := oci.Versions(c.Context(), repository)
			if err != nil {
				return registryError(err)
			}
			if !text {
				return a.json(map[string]any{"package": ref.ID, "versions": append([]string{}, list...)})
			}
			for _, v := range list {
				_, _ = fmt.Fprintf(a.stdout, "%s@%s\n", ref.ID, v)
			}
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "", "registry (oci://host/path) or folder (required)")
	_ = c.MarkFlagRequired("from")
	o.flags(c)
	return c
}
