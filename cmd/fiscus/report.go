package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// report says what went wrong on standard error, in the form editors
// understand. In JSON formats problems of the input are printed as a list.
func (a *app) report(err error) {
	if err == nil {
		return
	}
	var e *exitError
	if errors.As(err, &e) && e.quiet {
		return
	}
	var l diag.List
	if errors.As(err, &l) {
		a.problems(l)
		return
	}
	var p diag.Problem
	if errors.As(err, &p) {
		a.problems(diag.List{p})
		return
	}
	_, _ = fmt.Fprintf(a.stderr, "fiscus: %v\n", err)
}

func (a *app) problems(l diag.List) {
	l.Sort()
	if a.format == "json" || a.format == "ndjson" {
		_ = a.json(map[string]any{"findings": l})
		return
	}
	writeProblems(a.stderr, l)
}

// writeProblems prints one line a problem, its hint below.
func writeProblems(w io.Writer, l diag.List) {
	for _, p := range l {
		severity := ""
		if !p.Grave() {
			severity = string(p.Severity) + ": "
		}
		where := p.Pos.String()
		if p.Path != "" {
			if where != "" {
				where += " "
			}
			where += p.Path
		}
		if where != "" {
			where += ": "
		}
		_, _ = fmt.Fprintf(w, "%s%s%s [%s]\n", where, severity, p.Message, p.Rule)
		if p.Hint != "" {
			_, _ = fmt.Fprintf(w, "    hint: %s\n", p.Hint)
		}
	}
}

// json prints v as JSON: indented for json, one line for ndjson.
func (a *app) json(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	if a.format == "json" {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(v)
}

// text reports whether output is for people; an unknown format is an error.
func (a *app) text() (bool, error) {
	switch a.format {
	case "text":
		return true, nil
	case "json", "ndjson":
		return false, nil
	}
	return false, exit(exitUsage, fmt.Errorf("unknown format %q\n    hint: text, json or ndjson", a.format))
}
