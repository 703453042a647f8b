package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// The verdicts of a check.
const (
	checkOK   = "ok"
	checkWarn = "warn"
	checkFail = "fail"
)

// checked is the result of one check.
type checked struct {
	Name    string    `json:"name"`
	Verdict string    `json:"verdict"` // ok, warn, fail
	Says    string    `json:"says"`
	Hint    string    `json:"hint,omitempty"`
	Details diag.List `json:"findings,omitempty"`
}

func ok(name, format string, args ...any) checked {
	return checked{Name: name, Verdict: checkOK, Says: fmt.Sprintf(format, args...)}
}

func warn(name, hint, format string, args ...any) checked {
	return checked{Name: name, Verdict: checkWarn, Says: fmt.Sprintf(format, args...), Hint: hint}
}

func fail(name, hint, format string, args ...any) checked {
	return checked{Name: name, Verdict: checkFail, Says: fmt.Sprintf(format, args...), Hint: hint}
}

// broken is a check that ends with an error; what an error says beside its
// first line is its hint.
func broken(name string, err error) checked {
	var p diag.Problem
	if errors.As(err, &p) {
		return fail(name, p.Hint, "%s [%s]", p.Message, p.Rule)
	}
	says, hint, _ := strings.Cut(err.Error(), "\n    hint: ")
	return fail(name, hint, "%s", says)
}

func newDoctorCommand(a *app) *cobra.Command {
	var artifacts string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the set-up: data folder, secrets, log, packages, legal entities, certificates, official files, clock",
		Long: "Check what a run needs and say, a line each, what is well, what will not be for long, and what is not.\n" +
			"Nothing leaves the machine; a file is written to the data folder and removed.\n" +
			"Exit: 0 nothing fails, 5 something does.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			return a.sayDoctor(a.examine(c.Context(), artifacts, time.Now()))
		},
	}
	c.Flags().StringVar(&artifacts, "artifacts", "", "folder of official files (default FISCUS_ARTIFACTS, or the data folder)")
	return c
}

// examine makes all checks at the time now.
func (a *app) examine(ctx context.Context, artifacts string, now time.Time) []checked {
	all := []checked{ok("program", "fiscus %s", Version)}
	all = append(all, a.checkFolder()...)
	all = append(all, a.checkVault())
	log, newest := a.checkLog(ctx)
	all = append(all, log, checkClock(now, newest))
	setUp, work := a.checkSetUp()
	all = append(all, setUp...)
	if work != nil {
		all = append(all, a.checkSecrets(work, now)...)
		all = append(all, a.checkOfficial(work, artifacts)...)
	}
	return all
}

func (a *app) sayDoctor(all []checked) error {
	failed, warned := 0, 0
	for _, c := range all {
		switch c.Verdict {
		case checkFail:
			failed++
		case checkWarn:
			warned++
		}
	}
	if err := a.writeDoctor(all, failed, warned); err != nil {
		return err
	}
	if failed > 0 {
		return exitQuiet(exitEnvironment)
	}
	return nil
}

func (a *app) writeDoctor(all []checked, failed, warned int) error {
	if text, _ := a.text(); !text {
		return a.json(map[string]any{"checks": all, "failed": failed, "warned": warned})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	for _, c := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", c.Verdict, c.Name, c.Says)
		if c.Hint != "" {
			_, _ = fmt.Fprintf(w, "\t\thint: %s\n", c.Hint)
		}
		var b strings.Builder
		writeProblems(&b, c.Details)
		for line := range strings.Lines(b.String()) {
			_, _ = fmt.Fprintf(w, "\t\t%s", line)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%d checks, %d warnings, %d failures\n", len(all), warned, failed)
	return err
}
