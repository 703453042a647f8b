package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// demoLine is a row of the demo in JSON: the report with what was planned.
type demoLine struct {
	*engine.Report
	Title     string `json:"title"`
	File      string `json:"file"`
	Expected  string `json:"expected"`
	Got       string `json:"got"`
	AsPlanned bool   `json:"asPlanned"`
	Authority struct {
		Sends   int `json:"sends"`
		Lookups int `json:"lookups"`
	} `json:"authority"` // by the authority's own log
}

// officialCheck tells whether an official file was there to check by.
type officialCheck struct {
	Package   string `json:"package"`
	Artifact  string `json:"artifact"`
	Installed bool   `json:"installed"`
}

// sayDemo prints the table; it fails when something went otherwise than planned.
func (a *app) sayDemo(plans []*demoRun, took time.Duration) error {
	code := exitOK
	for _, p := range plans {
		for i := range p.rows {
			if r := &p.rows[i]; !r.asPlanned() || !r.once() {
				code = exitFindings
			}
		}
	}
	if text, _ := a.text(); !text {
		if err := a.demoJSON(plans, took, code == exitOK); err != nil {
			return err
		}
		return exitQuiet(code)
	}
	for _, p := range plans {
		a.demoTable(p)
	}
	a.demoFoot(plans, took, code)
	return exitQuiet(code)
}

// once reports whether the authority got the document once, and was asked
// about it where the answer was lost.
func (r *demoRow) once() bool {
	if r.report == nil {
		return true
	}
	return r.sent <= 1 && (r.report.RecoveredBy == "" || r.asked >= 1)
}

func (a *app) demoJSON(plans []*demoRun, took time.Duration, ok bool) error {
	lines := []demoLine{}
	for _, p := range plans {
		for i := range p.rows {
			r := &p.rows[i]
			l := demoLine{Report: r.report, Title: r.Title, File: r.File, Expected: r.Expect, Got: r.got(), AsPlanned: r.asPlanned()}
			if l.Report == nil {
				l.Report = &engine.Report{Package: p.id, Entity: r.Entity, Findings: r.problems}
			}
			l.Authority.Sends, l.Authority.Lookups = r.sent, r.asked
			lines = append(lines, l)
		}
	}
	return a.json(map[string]any{"submissions": lines, "official": a.officialChecks(plans), "asPlanned": ok, "seconds": int(took.Seconds()), "data": a.data})
}

func (a *app) officialChecks(plans []*demoRun) []officialCheck {
	out := []officialCheck{}
	for _, p := range plans {
		skipped := p.server.Authority().Skipped()
		for _, art := range p.bundle.Package.Artifacts {
			_, err := a.artifactStore().Validator(&art)
			out = append(out, officialCheck{p.id, art.ID, err == nil && !slices.Contains(skipped, art.ID)})
		}
	}
	return out
}

func (a *app) demoTable(p *demoRun) {
	_, _ = fmt.Fprintf(a.stdout, "%s %s on its simulated authority\n\n", p.id, p.bundle.Package.Version)
	_, _ = fmt.Fprintf(a.stdout, "  %-34s %-13s %5s %6s\n", "DOCUMENT", "RESULT", "SENT", "ASKED")
	for i := range p.rows {
		r := &p.rows[i]
		mark := " "
		if !r.asPlanned() || !r.once() {
			mark = "!"
		}
		_, _ = fmt.Fprintf(a.stdout, "%s %-34s %-13s %5d %6d\n", mark, cutText(r.Title, 34), r.got(), r.sent, r.asked)
		if note := r.note(a.language()); note != "" {
			_, _ = fmt.Fprintf(a.stdout, "      %s\n", cutText(note, 72))
		}
		if !r.asPlanned() {
			_, _ = fmt.Fprintf(a.stdout, "      planned was: %s\n", r.Expect)
		}
	}
	_, _ = fmt.Fprintln(a.stdout)
}

func (a *app) demoFoot(plans []*demoRun, took time.Duration, code int) {
	_, _ = fmt.Fprintln(a.stdout, "SENT and ASKED are counted in the authority's own log, not in ours.")
	a.demoOfficial(plans)
	verdict := "everything went as planned"
	if code != exitOK {
		verdict = "something did not go as planned: the lines marked !"
	}
	_, _ = fmt.Fprintf(a.stdout, "%s, in %.1f s\n\n", verdict, took.Seconds())
	_, _ = fmt.Fprintf(a.stdout, "look around: fiscus submission list --data %s\n             ls %s/results/*\n", a.data, a.data)
}

// demoOfficial tells which official files judged the documents, and which were not there.
func (a *app) demoOfficial(plans []*demoRun) {
	for _, p := range plans {
		var here, missing []string
		for _, c := range a.officialChecks([]*demoRun{p}) {
			if c.Installed {
				here = append(here, c.Artifact)
			} else {
				missing = append(missing, c.Artifact)
			}
		}
		if len(here) > 0 {
			_, _ = fmt.Fprintf(a.stdout, "%s: every document was judged by the official %s\n", p.id, cutText(strings.Join(here, ", "), 80))
		}
		if len(missing) > 0 {
			_, _ = fmt.Fprintf(a.stdout, "%s: official files not installed, checks skipped: %d (fiscus artifacts)\n", p.id, len(missing))
		}
	}
}
