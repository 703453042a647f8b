package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
)

// resultWriter prints verdicts, each as soon as it is known.
type resultWriter interface {
	add(r profile.Result)
	end() error
}

// textResults is for people and editors.
type textResults struct {
	w                       io.Writer
	files, valid, undecided int
	err                     error
}

func (t *textResults) add(r profile.Result) {
	t.files++
	var b strings.Builder
	for _, f := range r.Findings {
		severity := ""
		if f.Severity != diag.Error && f.Severity != diag.Fatal {
			severity = string(f.Severity) + ": "
		}
		where := diag.Pos{File: r.File, Line: f.Line, Column: f.Column}.String()
		fmt.Fprintf(&b, "%s: %s%s [%s]\n", where, severity, f.Message, f.Rule)
		if f.Location != "" {
			fmt.Fprintf(&b, "    at: %s\n", f.Location)
		}
		if f.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", f.Hint)
		}
	}
	verdict := "invalid"
	switch {
	case r.Valid:
		verdict = "valid"
		t.valid++
	case !r.Failed():
		verdict = "undecided"
		t.undecided++
	}
	fmt.Fprintf(&b, "%s: %s%s\n", r.File, verdict, layersText(r))
	if _, err := io.WriteString(t.w, b.String()); err != nil && t.err == nil {
		t.err = err
	}
}

// layersText says by what a file was judged.
func layersText(r profile.Result) string {
	var parts []string
	for _, l := range r.Layers {
		name := l.Name
		if l.Ruleset != "" {
			name = l.Ruleset
		}
		if l.Version != "" {
			name += " " + l.Version
		}
		parts = append(parts, name+" "+l.Status)
	}
	if r.Profile != "" {
		return " as " + r.Profile + " (" + strings.Join(parts, ", ") + ")"
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (t *textResults) end() error {
	if t.files > 1 && t.err == nil {
		_, t.err = fmt.Fprintf(t.w, "%d files: %d valid, %d invalid, %d undecided\n", t.files, t.valid, t.files-t.valid-t.undecided, t.undecided)
	}
	return t.err
}

// jsonResults prints one object for one file, else a list.
type jsonResults struct {
	a    *app
	one  bool
	list []profile.Result
}

func (j *jsonResults) add(r profile.Result) { j.list = append(j.list, r) }

func (j *jsonResults) end() error {
	if j.one && len(j.list) == 1 {
		return j.a.json(j.list[0])
	}
	return j.a.json(j.list)
}

// ndjsonResults prints one object a line.
type ndjsonResults struct {
	a   *app
	err error
}

func (n *ndjsonResults) add(r profile.Result) {
	if err := n.a.json(r); err != nil && n.err == nil {
		n.err = err
	}
}

func (n *ndjsonResults) end() error { return n.err }

// junitResults prints a test suite of files, one case a layer.
type junitResults struct {
	w      io.Writer
	suites []junitSuite
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string     `xml:"name,attr"`
	Class   string     `xml:"classname,attr"`
	Time    string     `xml:"time,attr,omitempty"`
	File    string     `xml:"file,attr,omitempty"`
	Line    int        `xml:"line,attr,omitempty"`
	Failure *junitText `xml:"failure,omitempty"`
	Error   *junitText `xml:"error,omitempty"`
	Skipped *junitText `xml:"skipped,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (j *junitResults) add(r profile.Result) {
	s := junitSuite{Name: r.File, Tests: len(r.Layers)}
	for _, l := range r.Layers {
		c := junitCase{Name: strings.TrimSpace(l.Name + " " + l.Ruleset), Class: r.File, Time: fmt.Sprintf("%.6f", l.Ms/1000)}
		text := &junitText{Message: l.Status, Text: layerFindings(r, l.Name)}
		switch l.Status {
		case profile.Failed:
			c.Failure = text
			s.Failures++
		case profile.Errored:
			c.Error = text
			s.Errors++
		case profile.Skipped:
			c.Skipped = text
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	j.suites = append(j.suites, s)
}

func layerFindings(r profile.Result, layer string) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Layer == layer {
			fmt.Fprintf(&b, "%d:%d: %s [%s]\n", f.Line, f.Column, f.Message, f.Rule)
		}
	}
	return b.String()
}

func (j *junitResults) end() error {
	enc := xml.NewEncoder(j.w)
	enc.Indent("", "  ")
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	return enc.Encode(junitSuites{Suites: j.suites})
}

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []junitSuite
}

// sarifResults prints SARIF 2.1.0, which code hosts show beside the lines.
type sarifResults struct {
	w       io.Writer
	results []map[string]any
	rules   []map[string]any
	known   map[string]int
}

var sarifLevels = map[diag.Severity]string{diag.Fatal: "error", diag.Error: "error", diag.Warning: "warning", diag.Info: "note"}

func (s *sarifResults) add(r profile.Result) {
	if s.known == nil {
		s.known = map[string]int{}
	}
	for _, f := range r.Findings {
		i, ok := s.known[f.Rule]
		if !ok {
			i = len(s.rules)
			s.known[f.Rule] = i
			s.rules = append(s.rules, map[string]any{"id": f.Rule})
		}
		text := f.Message
		if f.Hint != "" {
			text += " (hint: " + f.Hint + ")"
		}
		place := map[string]any{"artifactLocation": map[string]any{"uri": strings.ReplaceAll(r.File, `\`, "/")}}
		if f.Line > 0 {
			place["region"] = map[string]any{"startLine": f.Line, "startColumn": max(f.Column, 1)}
		}
		location := map[string]any{"physicalLocation": place}
		if f.Location != "" {
			location["logicalLocations"] = []any{map[string]any{"fullyQualifiedName": f.Location}}
		}
		s.results = append(s.results, map[string]any{
			"ruleId": f.Rule, "ruleIndex": i, "level": sarifLevels[f.Severity],
			"message": map[string]any{"text": text}, "locations": []any{location},
		})
	}
}

func (s *sarifResults) end() error {
	if s.results == nil {
		s.results, s.rules = []map[string]any{}, []map[string]any{}
	}
	enc := json.NewEncoder(s.w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":       map[string]any{"driver": map[string]any{"name": "fiscus", "rules": s.rules}},
			"columnKind": "unicodeCodePoints",
			"results":    s.results,
		}},
	})
}
