package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
)

type validateFlags struct {
	profile, artifacts, day, svrl string
	rulesets                      []string
	jobs                          int
	list                          bool
}

func newValidateCommand(a *app) *cobra.Command {
	var f validateFlags
	c := &cobra.Command{
		Use:   "validate FILE|DIR...",
		Short: "Judge documents by the official schemas and rule sets",
		Long: "The kind of a document is recognised by its content; unknown content is a finding.\n" +
			"In a folder all files *.xml are judged, on all cores. \"-\" is standard input.\n" +
			"Exit: 0 all valid, 1 findings, 4 no such file, 6 nothing found but not everything could be judged.\n" +
			"--format also takes junit and sarif.",
		Example: "  fiscus validate invoice.xml\n  fiscus validate --profile ubl-2.1 --format json invoices/",
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return a.listProfiles(&f)
			}
			if len(args) == 0 {
				return usage(c, fmt.Errorf("name a file or a folder"))
			}
			return a.validate(c.Context(), args, &f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.profile, "profile", "auto", "profile, or auto for detection by content")
	fl.StringSliceVar(&f.rulesets, "ruleset", nil, "judge by these rule sets instead of all of the profile; xsd means its schema")
	fl.StringVar(&f.artifacts, "artifacts", "", "folder of official files (default FISCUS_ARTIFACTS, or the data folder)")
	fl.StringVar(&f.day, "day", "", "use the official files that apply on this day, 2006-01-02 (default the newest)")
	fl.StringVar(&f.svrl, "svrl", "", "folder for a report in SVRL of each file and rule set")
	fl.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "documents judged at a time")
	fl.BoolVar(&f.list, "list", false, "list the profiles and rule sets")
	return c
}

func (a *app) listProfiles(f *validateFlags) error {
	e, err := a.judge(f.artifacts, f.day)
	if err != nil {
		return err
	}
	type row struct {
		Name     string   `json:"name"`
		Title    string   `json:"title"`
		Rulesets []string `json:"rulesets"`
		ByName   bool     `json:"byName,omitempty"`
	}
	var rows []row
	var b strings.Builder
	for _, p := range e.Profiles() {
		rows = append(rows, row{p.Name, p.Title, p.Layers, p.ByName})
		fmt.Fprintf(&b, "%-28s %s (%s)\n", p.Name, p.Title, strings.Join(p.Layers, ", "))
	}
	return a.say(map[string]any{"profiles": rows, "rulesets": e.Rulesets()}, "%s", b.String())
}

func (a *app) validate(ctx context.Context, args []string, f *validateFlags) error {
	out, err := a.resultWriter(args)
	if err != nil {
		return err
	}
	files, err := documents(args)
	if err != nil {
		return err
	}
	e, err := a.judge(f.artifacts, f.day)
	if err != nil {
		return err
	}
	req := profile.Request{Profile: f.profile, Rulesets: f.rulesets}
	if f.svrl != "" {
		if err := os.MkdirAll(f.svrl, 0o777); err != nil {
			return exit(exitEnvironment, err)
		}
		req.Report = func(file, ruleset string) (io.WriteCloser, error) {
			return os.Create(filepath.Join(f.svrl, reportName(file, ruleset)))
		}
	}
	failed, undecided, lost := false, false, false
	a.judgeAll(ctx, e, files, req, f.jobs, func(r profile.Result, missing bool) {
		failed = failed || r.Failed()
		undecided = undecided || !r.Valid && !r.Failed()
		lost = lost || missing
		out.add(r)
	})
	if err := out.end(); err != nil {
		return exit(exitEnvironment, err)
	}
	switch {
	case lost:
		return exitQuiet(exitNotFound)
	case failed:
		return exitQuiet(exitFindings)
	case undecided:
		return exitQuiet(exitUndecided)
	}
	return nil
}

// reportName is the name of a report: file and rule set, with the folders of the file joined by "_".
func reportName(file, ruleset string) string {
	name := strings.TrimSuffix(filepath.ToSlash(filepath.Clean(file)), ".xml")
	name = strings.Trim(strings.NewReplacer("/", "_", "..", "", ":", "_").Replace(name), "_-")
	if name == "" {
		name = "stdin"
	}
	return name + "." + ruleset + ".svrl.xml"
}

// documents lists the files that arguments name, those of a folder in order.
func documents(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if arg == "-" || err == nil && !info.IsDir() {
			files = append(files, arg)
			continue
		}
		if err != nil {
			return nil, exit(exitNotFound, err)
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(path), ".xml") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		if len(files) == before {
			return nil, exit(exitNotFound, fmt.Errorf("no files *.xml in %s", arg))
		}
	}
	return files, nil
}

// judgeAll judges files on several cores and hands the results over in order.
func (a *app) judgeAll(ctx context.Context, e *profile.Engine, files []string, req profile.Request, jobs int, take func(profile.Result, bool)) {
	type done struct {
		r       profile.Result
		missing bool
	}
	jobs = min(max(jobs, 1), 256)
	bar := a.progress("validate")
	defer bar.end()
	// Results wait in order; at most a few per worker are held.
	queue := make(chan chan done, 4*jobs)
	work := make(chan func())
	var workers sync.WaitGroup
	for range min(jobs, len(files)) {
		workers.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	go func() {
		for _, file := range files {
			slot := make(chan done, 1)
			queue <- slot
			work <- func() {
				r, missing := a.judgeFile(ctx, e, file, req)
				slot <- done{r, missing}
			}
		}
		close(work)
		close(queue)
	}()
	n := 0
	for slot := range queue {
		d := <-slot
		take(d.r, d.missing)
		n++
		bar.set(n, len(files))
	}
	workers.Wait()
}

// judgeFile judges one file; one that cannot be read has a finding that says so.
func (a *app) judgeFile(ctx context.Context, e *profile.Engine, file string, req profile.Request) (profile.Result, bool) {
	var src []byte
	err := ctx.Err()
	if err == nil {
		if file == "-" {
			src, err = io.ReadAll(a.stdin)
		} else {
			src, err = os.ReadFile(file)
		}
	}
	if err == nil {
		return e.Validate(ctx, file, src, req), false
	}
	return profile.Result{
		File:   file,
		Layers: []profile.LayerResult{{Name: "file", Status: profile.Errored}},
		Findings: []profile.Finding{{
			Layer: "file", Rule: "FMT-FILE", Severity: diag.Fatal, Message: err.Error(),
		}},
	}, errors.Is(err, fs.ErrNotExist)
}

// single reports whether the arguments name one file, not a folder.
func single(args []string) bool {
	if len(args) != 1 {
		return false
	}
	info, err := os.Stat(args[0])
	return args[0] == "-" || err == nil && !info.IsDir()
}

// resultFormats are the forms of a list of verdicts.
var resultFormats = []string{"text", "json", "ndjson", "junit", "sarif"}

func (a *app) resultWriter(args []string) (resultWriter, error) {
	switch a.format {
	case "text":
		return &textResults{w: a.stdout}, nil
	case "json":
		return &jsonResults{a: a, one: single(args)}, nil
	case "ndjson":
		return &ndjsonResults{a: a}, nil
	case "junit":
		return &junitResults{w: a.stdout}, nil
	case "sarif":
		return &sarifResults{w: a.stdout}, nil
	}
	return nil, exit(exitUsage, fmt.Errorf("unknown format %q\n    hint: %s", a.format, strings.Join(slices.Clone(resultFormats), ", ")))
}
