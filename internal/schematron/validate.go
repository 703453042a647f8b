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
	doc      *xmltree.Document
}

// Finding is a failed assert, a successful report, or a check that could not be evaluated.
type Finding struct {
	Check    *Check
	Pattern  string
	Message  string
	Notes    []string // diagnostics
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
func (s *RuleSet) Validate(d *xmltree.Document) (*Result, error) {
	run, _ := s.pool.Get().(*xpath.Run)
	if run == nil {
		run = new(xpath.Run)
	}
	if err := s.program.Start(run, d, s.files.open); err != nil {
		return nil, err
	}
	v := &validation{set: s, run: run, doc: d, result: &Result{doc: d}}
	v.walk()
	run.Close()
	s.pool.Put(run)
	return v.result, nil
}

type validation struct {
	set    *RuleSet
	run    *xpath.Run
	doc    *xmltree.Document
	result *Result
}

// walk visits each node once and offers it to the rules that can match its name.
func (v *validation) walk() {
	d := v.doc
	for n := range xmltree.Node(d.Len()) {
		kind := d.Kind(n)
		list := v.set.any[kind]
		if name := d.Name(n); name > 0 {
			if named, ok := v.set.byName[trigger{kind, name}]; ok {
				list = named
			}
		}
		done := -1
		for i := range list {
			r := list[i].rule
			if r.pattern == done {
				continue
			}
			ok, err := v.run.Match(r.match, n)
			if err != nil {
				v.result.Notes = append(v.result.Notes, r.source.Pos.String()+": context "+r.source.Context+": "+err.Error())
			}
			if ok {
				done = r.pattern
				v.result.Fired++
				v.fire(r, n)
			}
		}
	}
}

// fire evaluates the checks of a rule for a node.
func (v *validation) fire(r *rule, n xmltree.Node) {
	if len(r.tests) == 0 {
		return
	}
	v.run.Enter(r.scope, n)
	for at := 0; at < len(r.tests); at++ {
		var err *xpath.Error
		if at, err = v.check(r, at); at == len(r.tests) {
			return
		}
		c := &r.checks[at]
		f := Finding{Check: c.source, Node: n, Pattern: v.set.patterns[r.pattern].ID, Pos: v.doc.Pos(n), Location: Location(v.doc, n)}
		if err != nil {
			f.Err = err
		}
		f.Message = v.text(c.parts)
		for _, d := range c.notes {
			f.Notes = append(f.Notes, v.text(d))
		}
		v.result.Findings = append(v.result.Findings, f)
	}
}

// check evaluates on from test at and stops at the first with something to report.
func (v *validation) check(r *rule, at int) (int, *xpath.Error) {
	if e := r.checks[at].err; e != nil {
		return at, e
	}
	end := at + 1
	for end < len(r.tests) && r.checks[end].err == nil {
		end++
	}
	next, err := v.run.Tests(r.tests[:end], at)
	if next == end && end < len(r.tests) {
		return end, r.checks[end].err
	}
	return next, err
}

func (v *validation) text(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.expr == nil {
			b.WriteString(p.text)
			continue
		}
		s, err := v.run.Text(p.expr)
		if err != nil {
			s = "{" + err.Error() + "}"
		}
		b.WriteString(s)
	}
	return squeeze(b.String())
}
