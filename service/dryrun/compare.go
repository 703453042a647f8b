package dryrun

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/dryrun/treediff"
)

// What is different between two results.
const (
	KindSelection = "selection" // which package and flow
	KindStatus    = "status"    // where document and run stand in the end
	KindFinding   = "finding"
	KindStep      = "step"     // a step there is on one side only, or its outcome
	KindArtifact  = "artifact" // what a step wrote
	KindCall      = "call"     // method, address, header, body of a call
	KindResult    = "result"   // which results are kept
)

// Change is one difference between what two configurations make of a document.
type Change struct {
	Kind string `json:"kind"`
	Flow string `json:"flow,omitempty"` // of the new side, else the old one
	Step string `json:"step,omitempty"`
	Rule string `json:"rule,omitempty"`
	treediff.Difference
	// Later is set where the same run differed in an earlier step: this may
	// follow from that, as a digest follows from what it is of.
	Later bool `json:"later,omitempty"`
}

// Comparison is what two configurations make of one document.
type Comparison struct {
	File    string   `json:"file"`
	Preview bool     `json:"preview"` // a stand-in took the place of a key or secret on one side
	Changes []Change `json:"changes"`
}

// Compare tells what differs between two results for one document, in the
// order in which it happened.
func Compare(a, b Result) Comparison {
	c := comparer{out: Comparison{File: b.File, Changes: []Change{}}}
	c.all(a, b)
	return c.out
}

type comparer struct {
	out     Comparison
	flow    string
	differs bool            // a step differed
	told    map[string]bool // differences of steps by their tail
}

func (c *comparer) add(x Change) {
	x.Flow = c.flow
	c.out.Changes = append(c.out.Changes, x)
}

func (c *comparer) text(kind, step, rule, path, old, new string) {
	if old != new {
		c.add(Change{Kind: kind, Step: step, Rule: rule, Difference: treediff.Difference{Path: path, Old: old, New: new, HasOld: old != "", HasNew: new != ""}})
	}
}

func (c *comparer) all(a, b Result) {
	for _, r := range []Result{b, a} {
		if r.Report != nil {
			c.flow = cmp.Or(c.flow, r.Report.Package+" "+r.Report.Flow)
			c.out.Preview = c.out.Preview || r.Report.Preview
		}
	}
	c.text(KindSelection, "", "", "flow", chosen(a), chosen(b))
	c.findings(findings(a), findings(b))
	if a.Report == nil || b.Report == nil || chosen(a) != chosen(b) {
		return
	}
	c.steps(a.Report, b.Report)
	c.calls(a.Report, b.Report)
	c.text(KindStatus, "", b.Report.Rule, "document", string(a.Report.Status.Document), string(b.Report.Status.Document))
	c.text(KindStatus, "", b.Report.Rule, "run", string(a.Report.Status.Run), string(b.Report.Status.Run))
	c.text(KindStatus, "", "", "reason", a.Report.Rule, b.Report.Rule)
	c.results(a.Report, b.Report)
}

func chosen(r Result) string {
	if r.Report != nil {
		return r.Report.Package + " " + r.Report.Flow
	}
	return "none"
}

func findings(r Result) diag.List {
	if r.Report != nil {
		return r.Report.Findings
	}
	list, ok := r.Problems()
	if !ok {
		return diag.List{{Rule: "RUN-INTERNAL", Message: r.Err.Error()}}
	}
	return list
}

// findings compares two lists of findings by rule and place in the document;
// where a rule stands in its file does not count.
func (c *comparer) findings(a, b diag.List) {
	count := map[string]int{}
	key := func(p diag.Problem) string {
		return p.Rule + "\x00" + p.Path + "\x00" + p.Message + "\x00" + fmt.Sprint(p.Grave())
	}
	for _, p := range a {
		count[key(p)]++
	}
	for _, p := range b {
		if count[key(p)]--; count[key(p)] < 0 {
			c.text(KindFinding, "", p.Rule, p.Path, "", p.Message)
			count[key(p)] = 0
		}
	}
	for _, p := range a {
		if count[key(p)] > 0 {
			count[key(p)]--
			c.text(KindFinding, "", p.Rule, p.Path, p.Message, "")
		}
	}
}

func (c *comparer) steps(a, b *engine.Report) {
	c.told = map[string]bool{}
	old := map[string]*engine.StepReport{}
	for i := range a.Steps {
		old[a.Steps[i].ID] = &a.Steps[i]
	}
	for i := range b.Steps {
		s := &b.Steps[i]
		o := old[s.ID]
		if o == nil {
			c.text(KindStep, s.ID, "", "", "", s.Action+" "+s.Outcome)
			continue
		}
		delete(old, s.ID)
		c.text(KindStep, s.ID, "", "outcome", strings.TrimSpace(o.Outcome+" "+o.Code), strings.TrimSpace(s.Outcome+" "+s.Code))
		c.outputs(o, s)
	}
	for i := range a.Steps {
		if s := &a.Steps[i]; old[s.ID] != nil {
			c.text(KindStep, s.ID, "", "", s.Action+" "+s.Outcome, "")
		}
	}
}

func (c *comparer) outputs(a, b *engine.StepReport) {
	old := map[string][]byte{}
	for _, o := range a.Outputs {
		old[o.Name] = o.Data
	}
	later := c.differs
	for _, o := range b.Outputs {
		data, ok := old[o.Name]
		if ok {
			c.artifact(KindArtifact, b.ID, "", data, o.Data, later)
		}
	}
}

// artifact compares two documents. What was told of an earlier step is not
// told again of one that holds its document.
func (c *comparer) artifact(kind, step, at string, a, b []byte, later bool) {
	for _, d := range treediff.Bytes(a, b) {
		c.differs = true
		key := tail(d.Path) + "\x00" + d.Old + "\x00" + d.New
		if c.told[key] {
			continue
		}
		c.told[key] = true
		d.Path = at + d.Path
		c.add(Change{Kind: kind, Step: step, Difference: d, Later: later})
	}
}

// tail is the end of a path, by which a node is known inside another document.
func tail(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

func (c *comparer) calls(a, b *engine.Report) {
	x, y := all(a), all(b)
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			c.text(KindCall, y[i].Step, "", "", "", y[i].Method+" "+y[i].URL)
		case i >= len(y):
			c.text(KindCall, x[i].Step, "", "", x[i].Method+" "+x[i].URL, "")
		default:
			c.call(x[i], y[i])
		}
	}
}

func all(r *engine.Report) (out []*engine.CallReport) {
	for i := range r.Calls {
		out = append(out, &r.Calls[i])
	}
	if r.Next != nil {
		out = append(out, r.Next)
	}
	return out
}

func (c *comparer) call(a, b *engine.CallReport) {
	c.text(KindCall, b.Step, "", "step", a.Step, b.Step)
	c.text(KindCall, b.Step, "", "method", a.Method, b.Method)
	c.text(KindCall, b.Step, "", "url", a.URL, b.URL)
	c.text(KindCall, b.Step, "", "headers", headers(a), headers(b))
	c.text(KindCall, b.Step, "", "outcome", strings.TrimSpace(string(a.Class)+" "+a.Code), strings.TrimSpace(string(b.Class)+" "+b.Code))
	c.artifact(KindCall, b.Step, "body", a.Body, b.Body, c.differs)
}

func headers(c *engine.CallReport) string {
	var out []string
	for _, h := range c.Headers {
		out = append(out, h[0]+": "+h[1])
	}
	return strings.Join(out, "; ")
}

func (c *comparer) results(a, b *engine.Report) {
	names := func(r *engine.Report) string {
		var out []string
		for _, k := range r.Results {
			out = append(out, k.Name)
		}
		return strings.Join(out, " ")
	}
	c.text(KindResult, "", "", "names", names(a), names(b))
}

var position = regexp.MustCompile(`\[\d+\]|/\d+(/|$)|#\d+`)

// Cause is what differences have in common: where in the output, by which
// rule, in which flow and step; not the values.
type Cause struct {
	Kind  string `json:"kind"`
	Flow  string `json:"flow,omitempty"`
	Step  string `json:"step,omitempty"`
	Rule  string `json:"rule,omitempty"`
	Path  string `json:"path,omitempty"`
	How   string `json:"how"` // changed, added, removed
	Later bool   `json:"later,omitempty"`
}

// cause drops positions from the path of a change.
func (x *Change) cause() Cause {
	c := Cause{Kind: x.Kind, Flow: x.Flow, Step: x.Step, Rule: x.Rule, Path: position.ReplaceAllString(x.Path, "$1"), How: "changed", Later: x.Later}
	c.Step = position.ReplaceAllString(c.Step, "")
	switch {
	case !x.HasOld:
		c.How = "added"
	case !x.HasNew:
		c.How = "removed"
	}
	if x.Kind == KindFinding || x.Kind == KindSelection {
		c.Step = ""
	}
	if x.Kind == KindSelection {
		c.Path = x.Old + " > " + x.New
	}
	return c
}
