package schematron

import (
	"bufio"
	"encoding/xml"
	"io"
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// svrlSpace is the namespace of the report language (ISO/IEC 19757-3, annex D).
const svrlSpace = "http://purl.oclc.org/dsdl/svrl"

// Firing is a rule that fired for a node, with what its checks found.
type Firing struct {
	Rule     *Rule
	Pattern  int // index of the pattern
	Node     xmltree.Node
	Findings []int // indices in Result.Findings
}

// Trace is Validate that also notes each fired rule, for a report.
func (s *RuleSet) Trace(d *xmltree.Document) (*Result, error) { return s.run(d, true) }

// WriteSVRL writes the result of Trace as a report in the Schematron Validation
// Report Language: by pattern, the fired rules in document order, each followed by
// its failed asserts and successful reports. An assert that raised an error is a
// failed assert whose text says so.
func (r *Result) WriteSVRL(w io.Writer) error {
	out := &svrl{w: bufio.NewWriter(w), r: r}
	out.head()
	for i, p := range r.set.patterns {
		out.open("active-pattern", "id", p.ID, "name", p.Title)
		out.text("/>\n")
		for k := range r.Firings {
			if f := &r.Firings[k]; f.Pattern == i {
				out.firing(f)
			}
		}
	}
	out.text("</svrl:schematron-output>\n")
	return out.w.Flush()
}

type svrl struct {
	w *bufio.Writer
	r *Result
}

func (o *svrl) text(s string) { o.w.WriteString(s) } // bufio keeps the first error for Flush

// open writes the beginning of a tag with those attributes that have a value.
func (o *svrl) open(name string, attrs ...string) {
	o.text("<svrl:" + name)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			o.text(" " + attrs[i] + `="`)
			o.escaped(attrs[i+1])
			o.text(`"`)
		}
	}
}

func (o *svrl) escaped(s string) {
	_ = xml.EscapeText(o.w, []byte(s)) // an error of the writer is told by Flush
}

func (o *svrl) head() {
	o.text(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	o.open("schematron-output", "xmlns:svrl", svrlSpace, "title", o.r.set.Title, "schemaVersion", o.r.set.Version)
	o.text(">\n")
	for _, prefix := range sortedKeys(o.r.set.ns) {
		o.open("ns-prefix-in-attribute-values", "prefix", prefix, "uri", o.r.set.ns[prefix])
		o.text("/>\n")
	}
}

func (o *svrl) firing(f *Firing) {
	o.open("fired-rule", "id", f.Rule.ID, "context", f.Rule.Context, "role", f.Rule.Role, "flag", f.Rule.Flag)
	o.text("/>\n")
	for _, i := range f.Findings {
		o.finding(&o.r.Findings[i])
	}
}

func (o *svrl) finding(f *Finding) {
	name := "failed-assert"
	if f.Check.Report && f.Err == nil {
		name = "successful-report"
	}
	o.open(name, "id", f.Check.ID, "location", xpath.Path(o.r.doc, f.Node), "test", f.Check.Test, "flag", f.Check.Flag, "role", f.Check.Role, "see", f.Check.See)
	o.text(">\n<svrl:text>")
	if f.Err != nil {
		o.escaped("the test could not be evaluated: " + f.Err.Error() + ". ")
	}
	o.escaped(f.Message)
	o.text("</svrl:text>\n")
	for i, note := range f.Notes {
		o.open("diagnostic-reference", "diagnostic", f.Check.Diagnostics[i])
		o.text("><svrl:text>")
		o.escaped(note)
		o.text("</svrl:text></svrl:diagnostic-reference>\n")
	}
	o.text("</svrl:" + name + ">\n")
}

// note keeps the firing and the findings made since the last one.
func (r *Result) note(f Firing) { r.Firings = append(r.Firings, f) }

// assign gives each finding to the firing that made it.
func (r *Result) assign() {
	for i := range r.Findings {
		f := &r.Findings[i]
		at := slices.IndexFunc(r.Firings, func(x Firing) bool { return x.Node == f.Node && slices.Contains(x.Rule.Checks, f.Check) })
		if at >= 0 {
			r.Firings[at].Findings = append(r.Firings[at].Findings, i)
		}
	}
}
