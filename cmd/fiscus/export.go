package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/evidence"
	"github.com/fiscus-project/fiscus/service/store"
)

func newSubmissionExportCommand(a *app) *cobra.Command {
	var to string
	var bundle bool
	var q query
	c := &cobra.Command{
		Use:   "export [SUBMISSION...]",
		Short: "Write results to a folder, one folder a submission, with what is known of each",
		Long: "Write the results of the named submissions, or of all that the flags choose, to a folder: one folder a submission\n" +
			"with its results, the document that was handed in, and submission.json. Each file is checked against its digest in the log.\n" +
			"A file that is there with other content is left alone and reported. With --bundle one file of evidence is written for\n" +
			"each instead: everything that is known of it, sealed and signed, with the\n" +
			"chain of each legal entity, for \"fiscus verify\".",
		Example: "  fiscus submission export --to archive --document accepted,acceptedWithNotes\n  fiscus submission export p7hxq2 --to archive\n  fiscus submission export --to evidence --bundle",
		RunE: func(c *cobra.Command, args []string) error {
			return a.withLog(c.Context(), func(log *store.Store) error {
				chosen, err := a.chosen(c.Context(), log, args, &q)
				if err != nil {
					return err
				}
				if bundle {
					return a.exportBundles(c.Context(), log, chosen, to)
				}
				return a.export(c.Context(), log, chosen, to, exportOne)
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "folder to write to (required)")
	c.Flags().BoolVar(&bundle, "bundle", false, "write a sealed bundle of evidence for each submission that has ended")
	_ = c.MarkFlagRequired("to")
	q.flags(c)
	return c
}

// chosen returns the named submissions, without names those that the query finds.
func (a *app) chosen(ctx context.Context, log *store.Store, args []string, q *query) ([]*engine.Submission, error) {
	if len(args) == 0 {
		wanted, err := q.query()
		if err != nil {
			return nil, err
		}
		return log.Find(ctx, wanted)
	}
	var out []*engine.Submission
	for _, arg := range args {
		s, err := find(ctx, log, arg)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// exporter writes one submission to dir, or to a file of that name, and returns
// how many files it wrote.
type exporter func(ctx context.Context, log engine.Log, s *engine.Submission, dir string) (int, error)

func (a *app) export(ctx context.Context, log engine.Log, chosen []*engine.Submission, to string, one exporter) error {
	files, bad := 0, false
	bar := a.progress("export")
	for i, s := range chosen {
		n, err := one(ctx, log, s, filepath.Join(to, s.ID))
		files += n
		if err != nil {
			bar.end()
			a.report(fmt.Errorf("%s: %w", s.ID, err))
			bad = true
		}
		bar.set(i+1, len(chosen))
	}
	bar.end()
	if err := a.say(map[string]any{"submissions": len(chosen), "files": files, "to": to}, "%d files of %d submissions in %s\n", files, len(chosen), to); err != nil {
		return err
	}
	if bad {
		return exitQuiet(exitEnvironment)
	}
	return nil
}

// exportOne writes one submission and returns how many files it has.
func exportOne(ctx context.Context, log engine.Log, s *engine.Submission, dir string) (int, error) {
	kept, err := log.Kept(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	journal, err := log.Journal(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	about, err := json.MarshalIndent(aboutOf(s, kept, journal), "", "  ")
	if err != nil {
		return 0, err
	}
	files := []engine.Kept{{File: "document.json", SHA256: s.Document}}
	files = append(files, kept...)
	var errs []error
	n := 0
	for _, k := range files {
		if err := exportBlob(ctx, log, k, dir); err != nil {
			errs = append(errs, err)
			continue
		}
		n++
	}
	// What is known of a submission changes while it runs; results do not.
	if err := replaceFile(filepath.Join(dir, "submission.json"), append(about, '\n')); err != nil {
		errs = append(errs, err)
	}
	return n + 1, errors.Join(errs...)
}

func exportBlob(ctx context.Context, log engine.Log, k engine.Kept, dir string) error {
	data, err := log.Blob(ctx, k.SHA256)
	if err != nil {
		return fmt.Errorf("%s: %w", k.File, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != k.SHA256 {
		return fmt.Errorf("%s: the log holds other bytes than its digest says", k.File)
	}
	name := filepath.Join(dir, filepath.Base(k.File))
	there, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(there, data):
		return nil
	case err == nil:
		return fmt.Errorf("%s is there with other content", name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return replaceFile(name, data)
}

// Endings of the files of evidence.
const (
	bundleSuffix = ".evidence.zip"
	chainSuffix  = ".chain.ndjson"
)

// exportBundles writes bundles of evidence, signed by the operator's key, and
// the chains they stand in. What can still change is told and left out.
func (a *app) exportBundles(ctx context.Context, log engine.Log, chosen []*engine.Submission, to string) error {
	key, err := a.signer(operatorKey)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return exit(exitEnvironment, err)
	}
	chains := map[string]*evidence.Link{}
	err = a.export(ctx, log, chosen, to, func(ctx context.Context, log engine.Log, s *engine.Submission, name string) (int, error) {
		l, err := evidence.Seal(ctx, log, s.ID, Version, time.Now())
		if err != nil {
			return 0, err
		}
		if l == nil {
			_, _ = fmt.Fprintf(a.stderr, "%s: left out: the run is %s and can still change\n", s.ID, s.Run)
			return 0, nil
		}
		chains[l.Entity+"."+string(l.Environment)] = l
		var out bytes.Buffer
		if _, err := evidence.Write(ctx, log, s.ID, key, &out); err != nil {
			return 0, err
		}
		return 1, replaceFile(name+bundleSuffix, out.Bytes())
	})
	for _, name := range slices.Sorted(maps.Keys(chains)) {
		var out bytes.Buffer
		l := chains[name]
		err = errors.Join(err, evidence.WriteChain(ctx, log, l.Environment, l.Entity, &out), replaceFile(filepath.Join(to, name+chainSuffix), out.Bytes()))
	}
	return err
}
