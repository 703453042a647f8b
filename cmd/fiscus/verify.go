package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
	"github.com/fiscus-project/fiscus/service/evidence"
	"github.com/fiscus-project/fiscus/service/store"
)

func newVerifyCommand(a *app) *cobra.Command {
	var trust []string
	c := &cobra.Command{
		Use:   "verify [BUNDLE|DIR...]",
		Short: "Prove that evidence is as it was sealed: bundles offline, or without a name the whole log of the data folder",
		Long: "Judge bundles written by \"fiscus submission export --bundle\": that no byte was changed, nothing is missing and nothing\n" +
			"beside, and that the links of one legal entity hold on to each other. It needs neither network nor data folder.\n" +
			"With --trust the signature must be by one of those keys; without it the signature of the own data folder counts,\n" +
			"and a bundle that another key signed is told as signed by a stranger.\n" +
			"Without a name the chains of the data folder are judged, with everything that they ever sealed.",
		Example: "  fiscus verify evidence/ --trust acme.pub\n  fiscus verify --data ./fiscus-data",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.audit(c.Context())
			}
			keys, err := a.trustedBy(trust)
			if err != nil {
				return err
			}
			return a.verifyBundles(args, keys, len(trust) > 0)
		},
	}
	c.Flags().StringSliceVar(&trust, "trust", nil, "public keys (.pub) of which one must have signed")
	return c
}

func (a *app) trustedBy(files []string) (keys []minisign.PublicKey, err error) {
	if len(files) == 0 {
		return a.trusted()
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, exit(exitNotFound, err)
		}
		k, err := minisign.ParsePublic(text)
		if err != nil {
			return nil, exit(exitUsage, fmt.Errorf("%s: %w", f, err))
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// bundleVerdict is what verify says of one bundle.
type bundleVerdict struct {
	File       string           `json:"file"`
	Valid      bool             `json:"valid"`
	Submission string           `json:"submission,omitempty"`
	Entity     string           `json:"entity,omitempty"`
	Number     int64            `json:"number,omitempty"` // in the chain of the legal entity
	Sealed     time.Time        `json:"sealed,omitzero"`
	Document   engine.DocStatus `json:"document,omitempty"`
	SignedBy   string           `json:"signedBy,omitempty"`
	Signature  string           `json:"signature"` // trusted, stranger, none
	Findings   diag.List        `json:"findings"`
}

func (a *app) verifyBundles(args []string, keys []minisign.PublicKey, must bool) error {
	if _, err := a.text(); err != nil {
		return err
	}
	files, err := bundleFiles(args)
	if err != nil {
		return err
	}
	code := exitOK
	verdicts := []bundleVerdict{}
	chains := map[string][]evidence.Link{}
	bar := a.progress("verify")
	for i, f := range files {
		if strings.HasSuffix(f, chainSuffix) {
			continue
		}
		v, link, err := verifyBundle(f, keys, must)
		if err != nil {
			bar.end()
			return err
		}
		if link != nil {
			key := string(link.Environment) + " " + link.Entity
			chains[key] = append(chains[key], *link)
		}
		if !v.Valid {
			code = exitFindings
		}
		verdicts = append(verdicts, v)
		bar.set(i+1, len(files))
	}
	bar.end()
	links, err := chainVerdicts(files, chains)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(links, func(c chainVerdict) bool { return len(c.Findings) > 0 }) {
		code = exitFindings
	}
	if err := a.sayVerdicts(verdicts, links); err != nil {
		return err
	}
	return exitQuiet(code)
}

// bundleFiles lists the named files, and the archives of named folders.
func bundleFiles(args []string) (out []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, exit(exitNotFound, err)
		}
		if !info.IsDir() {
			out = append(out, arg)
			continue
		}
		before := len(out)
		err = filepath.WalkDir(arg, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (strings.HasSuffix(name, bundleSuffix) || strings.HasSuffix(name, chainSuffix)) {
				out = append(out, name)
			}
			return err
		})
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		if len(out) == before {
			return nil, exit(exitNotFound, fmt.Errorf("no file *%s in %s\n    hint: fiscus submission export --bundle writes them", bundleSuffix, arg))
		}
	}
	return out, nil
}

func verifyBundle(name string, keys []minisign.PublicKey, must bool) (bundleVerdict, *evidence.Link, error) {
	v := bundleVerdict{File: name, Signature: "none", Findings: diag.List{}}
	f, err := os.Open(name)
	if err != nil {
		return v, nil, exit(exitEnvironment, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return v, nil, exit(exitEnvironment, err)
	}
	b, err := evidence.Read(f, info.Size())
	v.Findings = append(v.Findings, problemsOf(err)...)
	if b == nil {
		return v, nil, nil
	}
	v.Submission, v.Entity, v.Number, v.Sealed, v.Document = b.Manifest.Submission, b.Link.Entity, b.Link.Number, b.Link.At, b.Manifest.Status
	switch key, err := b.SignedBy(keys...); {
	case err == nil:
		v.Signature, v.SignedBy = "trusted", key.Name()
	case must:
		v.Findings = append(v.Findings, problemsOf(err)...)
	case b.Signature != nil:
		v.Signature = "stranger"
	}
	v.Valid = len(v.Findings) == 0
	return v, &b.Link, nil
}

// problemsOf takes an error apart into problems.
func problemsOf(err error) (out diag.List) {
	var many interface{ Unwrap() []error }
	var p diag.Problem
	switch {
	case err == nil:
	case errors.As(err, &many):
		for _, e := range many.Unwrap() {
			out = append(out, problemsOf(e)...)
		}
	case errors.As(err, &p):
		out = append(out, p)
	default:
		out = append(out, diag.Problem{Rule: evidence.RuleFormat, Message: err.Error()})
	}
	return out
}

// chainVerdict is what verify says of the links of one legal entity.
type chainVerdict struct {
	Chain    string    `json:"chain"`
	Links    int       `json:"links"`
	Missing  int64     `json:"missing"` // numbers between them that are in none of the bundles
	Findings diag.List `json:"findings"`
}

// chainVerdicts judges the links of bundles together with the chains that were
// named beside them.
func chainVerdicts(files []string, chains map[string][]evidence.Link) ([]chainVerdict, error) {
	found := map[string]diag.List{}
	for _, f := range files {
		if !strings.HasSuffix(f, chainSuffix) {
			continue
		}
		links, err := readChain(f)
		if len(links) == 0 {
			return nil, err
		}
		key := string(links[0].Environment) + " " + links[0].Entity
		found[key] = append(found[key], problemsOf(err)...)
		chains[key] = append(chains[key], links...)
	}
	out := []chainVerdict{}
	for _, name := range slices.Sorted(maps.Keys(chains)) {
		links := chains[name]
		missing, err := evidence.Follows(links)
		numbers := map[int64]bool{}
		for _, l := range links {
			numbers[l.Number] = true
		}
		out = append(out, chainVerdict{name, len(numbers), missing, append(append(diag.List{}, found[name]...), problemsOf(err)...)})
	}
	return out, nil
}

func readChain(name string) ([]evidence.Link, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	defer func() { _ = f.Close() }()
	links, err := evidence.ReadChain(f)
	if links == nil && err != nil {
		err = exit(exitFindings, fmt.Errorf("%s: %w", name, err))
	}
	return links, err
}

func (a *app) sayVerdicts(verdicts []bundleVerdict, chains []chainVerdict) error {
	if text, _ := a.text(); !text {
		return a.json(map[string]any{"bundles": verdicts, "chains": chains})
	}
	for _, v := range verdicts {
		switch {
		case v.Valid && v.Signature == "trusted":
			_, _ = fmt.Fprintf(a.stdout, "%s: as sealed %s, signed by %s\n", v.File, v.Sealed.Format(time.RFC3339), v.SignedBy)
		case v.Valid && v.Signature == "stranger":
			_, _ = fmt.Fprintf(a.stdout, "%s: as sealed %s; signed by a key that is not trusted here\n", v.File, v.Sealed.Format(time.RFC3339))
		case v.Valid:
			_, _ = fmt.Fprintf(a.stdout, "%s: as sealed %s; not signed\n", v.File, v.Sealed.Format(time.RFC3339))
		default:
			_, _ = fmt.Fprintf(a.stdout, "%s: NOT as sealed\n", v.File)
			for _, p := range v.Findings {
				_, _ = fmt.Fprintf(a.stdout, "    %s [%s]\n", p.Message, p.Rule)
			}
		}
	}
	for _, c := range chains {
		_, _ = fmt.Fprintf(a.stdout, "chain of %s: %d links", c.Chain, c.Links)
		if c.Missing > 0 {
			_, _ = fmt.Fprintf(a.stdout, ", %d between them are in none of these bundles", c.Missing)
		}
		_, _ = fmt.Fprintln(a.stdout)
		for _, p := range c.Findings {
			_, _ = fmt.Fprintf(a.stdout, "    %s [%s]\n", p.Message, p.Rule)
		}
	}
	return nil
}

// audit judges the log of the data folder.
func (a *app) audit(ctx context.Context) error {
	return a.withLog(ctx, func(log *store.Store) error {
		bar := a.progress("verify")
		accounts, err := evidence.Audit(ctx, log, func(done int) { bar.set(done, 0) })
		bar.end()
		findings := append(diag.List{}, problemsOf(err)...)
		if text, _ := a.text(); !text {
			if accounts == nil {
				accounts = []evidence.Account{}
			}
			if err := a.json(map[string]any{"chains": accounts, "findings": findings}); err != nil {
				return err
			}
		} else {
			a.sayAudit(accounts, findings)
		}
		if len(findings) > 0 {
			return exitQuiet(exitFindings)
		}
		return nil
	})
}

func (a *app) sayAudit(accounts []evidence.Account, findings diag.List) {
	for _, c := range accounts {
		_, _ = fmt.Fprintf(a.stdout, "%s %s: %d links, %d submissions, %d bytes as sealed, head %.16s\n", c.Environment, c.Entity, c.Links, c.Submissions, c.Bytes, c.Head)
	}
	for _, p := range findings {
		_, _ = fmt.Fprintf(a.stdout, "    %s [%s]\n", p.Message, p.Rule)
	}
	if len(accounts)+len(findings) == 0 {
		_, _ = fmt.Fprintln(a.stdout, "nothing has been sealed yet")
	}
}
