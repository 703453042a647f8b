package schematron

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// Result is what a run found.
type Result struct {
	Fired    int       // fired rules: one for each node and pattern
	Findings []Finding // failed asserts, successful reports and errors, in document order of the node
	Notes    []string  // errors inside rule contexts, which count as no match
	Firings  []Firing  // of Trace only
	doc      *xmltree.Document
	set      *RuleSet
}

// Finding is a failed assert, a successful report, or a check that could not be evaluated.
type Finding struct {
	Check    *Check
	Pattern  string
	Message  string
	Notes    []string // diagnostics
	Values   []Value  // amounts, dates and flags the test names
	Node     xmltree.Node
	Location string // path with the prefixes of the document: /Invoice/cac:Party[2]/cbc:ID
	Pos      diag.Pos
	Err      error // the check raised an error: no verdict
}

// ID is the id of the check, or "#k" with its place among all checks.
func (f *Finding) ID() string { return f.Check.Name() }

// Name is the id of the check, or "#k" with its place among all checks.
func (c *Check) Name() string {
	if c.ID != "" {
		return c.ID
	}
	return "#" + itoa(c.Number)
}

// Severity is the weight the rule set gives the check by flag or role; a check
// without either is an error.
func (c *Check) Severity() diag.Severity {
	for _, v := range []string{c.Flag, c.Role} {
		switch strings.ToLower(v) {
		case "fatal":
			return diag.Fatal
		case "error":
			return diag.Error
		case "warning", "warn", "caution":
			return diag.Warning
		case "info", "information", "hint", "notice":
			return diag.Info
		}
	}
	return diag.Error
}

// Severity of a finding: that of its check; an error in the check is fatal.
func (f *Finding) Severity() diag.Severity {
	if f.Err != nil {
		return diag.Fatal
	}
	return f.Check.Severity()
}

// Passed reports whether the document satisfies the rule set: at least one rule
// fired and nothing grave was found.
func (r *Result) Passed() bool {
	if r.Fired == 0 {
		return false
	}
	for i := range r.Findings {
		if s := r.Findings[i].Severity(); s == diag.Fatal || s == diag.Error {
			return false
		}
	}
	return true
}

// Validate runs the rule set on a document, which must have been parsed with the
// names of the rule set, or brought up to date with Sync after it was compiled.
func (s *RuleSet) Validate(d *xmltree.Document) (*Result, error) { return s.run(d, false) }

func (s *RuleSet) run(d *xmltree.Document, trace bool) (*Result, error) {
	v, _ := s.pool.Get().(*validation)
	if v == nil {
		v = &validation{set: s, run: new(xpath.Run)}
	}
	if err := s.program.Start(v.run, d, s.files.open); err != nil {
		return nil, err
	}
	result := &Result{doc: d, set: s}
	v.doc, v.result, v.fired = d, result, nil
	if trace {
		v.fired = func(r *rule, n xmltree.Node) { result.note(Firing{Rule: r.source, Pattern: r.pattern, Node: n}) }
	}
	v.walk()
	if trace {
		result.assign()
	}
	v.run.Close()
	v.doc, v.result, v.list = nil, nil, nil
	s.pool.Put(v)
	return result, nil
}
