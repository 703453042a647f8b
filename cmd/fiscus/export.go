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
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

func newSubmissionExportCommand(a *app) *cobra.Command {
	var to string
	var q query
	c := &cobra.Command{
		Use:   "export [SUBMISSION...]",
		Short: "Write results to a folder, one folder a submission, with what is known of each",
		Long: "Write the results of the named submissions, or of all that the flags choose, to a folder: one folder a submission\n" +
			"with its results, the document that was handed in, and submission.json. Each file is checked against its digest in the log.\n" +
			"A file that is there with other content is left alone and reported.",
		Example: "  fiscus submission export --to archive --document accepted,acceptedWithNotes\n  fiscus submission export p7hxq2 --to archive",
		RunE: func(c *cobra.Command, args []string) error {
			return a.withLog(c.Context(), func(log *store.Store) error {
				chosen, err := a.chosen(c.Context(), log, args, &q)
				if err != nil {
					return err
				}
				return a.export(c.Context(), log, chosen, to)
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "folder to write to (required)")
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

func (a *app) export(ctx context.Context, log engine.Log, chosen []*engine.Submission, to string) error {
	files, bad := 0, false
	bar := a.progress("export")
	for i, s := range chosen {
		n, err := exportOne(ctx, log, s, filepath.Join(to, s.ID))
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
	about, err := json.MarshalIndent(aboutOf(s, kept), "", "  ")
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
