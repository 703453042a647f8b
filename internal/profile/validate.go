package profile

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// States of a layer.
const (
	Passed  = "passed"
	Failed  = "failed"
	Skipped = "skipped" // not installed, or a stand-in was used: nothing was found, and nothing proved
	Errored = "error"   // the rule set itself is broken
)

// Result is the verdict on one file, in the form the command line prints as JSON.
type Result struct {
	File     string        `json:"file"`
	Profile  string        `json:"profile,omitempty"`
	Valid    bool          `json:"valid"` // every layer passed
	Layers   []LayerResult `json:"layers"`
	Findings []Finding     `json:"findings"`
}

// LayerResult is the verdict of one layer.
type LayerResult struct {
	Name       string  `json:"name"`
	Ruleset    string  `json:"ruleset,omitempty"`
	Version    string  `json:"version,omitempty"`
	Status     string  `json:"status"`
	RulesFired int     `json:"rulesFired"`
	Ms         float64 `json:"ms"`
}

// Finding is one thing that a layer found.
type Finding struct {
	Layer    string        `json:"layer"`
	Rule     string        `json:"rule"`
	Severity diag.Severity `json:"severity"`
	Message  string        `json:"message"`
	Location string        `json:"location,omitempty"` // path of the node
	Line     int           `json:"line,omitempty"`
	Column   int           `json:"column,omitempty"`
	Field    string        `json:"field,omitempty"` // name of the element or attribute
	Hint     string        `json:"hint,omitempty"`
	Ref      string        `json:"ref,omitempty"`
}

// Failed reports whether a layer failed or could not be made: the document is
// known to be wrong. Neither valid nor failed is undecided.
func (r *Result) Failed() bool {
	return slices.ContainsFunc(r.Layers, func(l LayerResult) bool { return l.Status == Failed || l.Status == Errored })
}

// Request says how to judge one file.
type Request struct {
	Profile  string   // name, or "" for detection by content
	Rulesets []string // instead of those of the profile

	// Report, if set, opens where the report of a rule set on a file goes; only
	// layers that are Reporters are asked.
	Report func(file, ruleset string) (io.WriteCloser, error)
}

// Validate judges the content of a file.
func (e *Engine) Validate(ctx context.Context, file string, src []byte, req Request) Result {
	if len(src) > streamAbove {
		if r, ok := e.stream(ctx, file, src, req); ok {
			return r
		}
	}
	r := Result{File: file, Layers: []LayerResult{}, Findings: []Finding{}}
	stop := e.clock()
	doc, err := xmltree.Parse(src, xmltree.Options{File: file, Names: e.names, Limits: e.limits})
	layer := LayerResult{Name: "xml", Status: Passed, Ms: stop()}
	if err != nil {
		layer.Status = Failed
		r.add("xml", err)
	}
	r.Layers = append(r.Layers, layer)
	if err == nil {
		e.judge(ctx, &r, doc, doc.Root(), req)
		doc.Release()
	}
	r.decide()
	return r
}

// ValidateDocument judges a document that was parsed with Engine.Names.
func (e *Engine) ValidateDocument(ctx context.Context, file string, doc *xmltree.Document, req Request) Result {
	r := Result{File: file, Layers: []LayerResult{{Name: "xml", Status: Passed}}, Findings: []Finding{}}
	e.judge(ctx, &r, doc, doc.Root(), req)
	r.decide()
	return r
}

// decide sets the verdict: valid is what every layer passed.
func (r *Result) decide() {
	r.Valid = len(r.Layers) > 1
	for _, l := range r.Layers {
		r.Valid = r.Valid && l.Status == Passed
	}
}

// judge runs the layers for element n, then judges the document inside, if any.
func (e *Engine) judge(ctx context.Context, r *Result, doc *xmltree.Document, n xmltree.Node, req Request) {
	p, err := e.choose(doc, n, req.Profile)
	names := req.Rulesets
	switch {
	case err != nil && len(names) == 0:
		r.Layers = append(r.Layers, LayerResult{Name: "profile", Status: Failed})
		r.add("profile", err)
		return
	case err == nil:
		r.Profile = joined(r.Profile, p.Name)
		if len(names) == 0 {
			names = p.Layers
		}
	}
	names = e.expand(names, p)
	for _, name := range names {
		if ctx.Err() != nil {
			r.Layers = append(r.Layers, LayerResult{Name: name, Ruleset: name, Status: Skipped})
			continue
		}
		e.run(ctx, r, name, doc, n)
		if req.Report != nil {
			e.report(ctx, r, name, doc, n, req)
		}
	}
	if p != nil && p.Inner != "" {
		e.inner(ctx, r, doc, n, p)
	}
}

// expand replaces the name of a layer ("xsd") by the rule sets that the profile has for it.
func (e *Engine) expand(names []string, p *Profile) []string {
	var out []string
	for _, name := range names {
		if e.rulesets[name] != nil || p == nil {
			out = append(out, name)
			continue
		}
		before := len(out)
		for _, own := range p.Layers {
			if set := e.rulesets[own]; set != nil && set.Layer == name {
				out = append(out, own)
			}
		}
		if len(out) == before {
			out = append(out, name) // reported as unknown
		}
	}
	return out
}

func joined(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "+" + inner
}

func (e *Engine) choose(doc *xmltree.Document, n xmltree.Node, name string) (*Profile, error) {
	if name == "" || name == "auto" {
		return e.Detect(doc, n)
	}
	if p, ok := e.Profile(name); ok {
		return p, nil
	}
	problem := diag.Problemf(diag.Pos{}, RuleUnknown, "there is no profile %q", name)
	var names []string
	for _, p := range e.profiles {
		names = append(names, p.Name)
	}
	if near := diag.Suggest(name, names); near != "" {
		problem = problem.WithHint("did you mean %q?", near)
	}
	return nil, problem
}

// inner judges the document that an envelope holds.
func (e *Engine) inner(ctx context.Context, r *Result, doc *xmltree.Document, n xmltree.Node, p *Profile) {
	path, err := treepath.Compile(p.Inner, nil)
	if err != nil {
		return // New has refused such a profile
	}
	for _, in := range path.XML(doc, n) {
		e.judge(ctx, r, doc, in, Request{})
	}
}

// run judges by one rule set.
func (e *Engine) run(ctx context.Context, r *Result, name string, doc *xmltree.Document, n xmltree.Node) {
	set := e.rulesets[name]
	if set == nil {
		r.Layers = append(r.Layers, LayerResult{Name: name, Ruleset: name, Status: Errored})
		r.add(name, diag.Problemf(diag.Pos{}, RuleData, "there is no rule set %q", name))
		return
	}
	e.layered(r, set, e.layer(set, doc.Local(n)), func(l Layer) (Judgement, error) { return l.Judge(ctx, doc, n) })
}

// layered judges by one layer and adds its verdict.
func (e *Engine) layered(r *Result, set *Ruleset, l *entry, judge func(Layer) (Judgement, error)) {
	out := LayerResult{Name: set.Layer, Ruleset: set.Name, Version: set.Version, Status: Passed}
	stop := e.clock()
	var found Judgement
	err := l.err
	if err == nil {
		found, err = judge(l.layer)
	}
	out.RulesFired = found.RulesFired
	r.addAll(set.Layer, found.Problems)
	switch {
	case err != nil:
		out.Status = statusOf(err)
		r.add(set.Layer, err)
	case found.Problems.Grave():
		out.Status = Failed
	case len(l.standIns) > 0:
		out.Status = Skipped
		r.add(set.Layer, StandInWarning(l.standIns))
	}
	out.Ms = stop()
	r.Layers = append(r.Layers, out)
}

// report writes the report of a rule set, if its layer can. A report that cannot be
// written is a finding.
func (e *Engine) report(ctx context.Context, r *Result, name string, doc *xmltree.Document, n xmltree.Node, req Request) {
	set := e.rulesets[name]
	if set == nil {
		return
	}
	rep, ok := e.layer(set, doc.Local(n)).layer.(Reporter)
	if !ok {
		return
	}
	w, err := req.Report(r.File, name)
	if err == nil {
		err = errors.Join(rep.Report(ctx, doc, n, w), w.Close())
	}
	if err != nil {
		r.add(set.Layer, diag.Problem{Rule: RuleReport, Severity: diag.Error, Message: err.Error(), Err: err})
	}
}

// StandInWarning says that stand-ins were used and the verdict proves nothing.
func StandInWarning(files []string) diag.Problem {
	p := diag.Problemf(diag.Pos{}, RuleStandIn, "judged by a stand-in (%s): that nothing was found proves nothing", strings.Join(files, ", ")).
		WithHint("import the official file in its place")
	p.Severity = diag.Warning
	return p
}

// statusOf tells a rule set that is not installed from one that is broken.
func statusOf(err error) string {
	var p diag.Problem
	if errors.As(err, &p) && notInstalled(p.Rule) {
		return Skipped
	}
	return Errored
}

func notInstalled(rule string) bool { return rule == xsd.RuleAbsent || rule == artifacts.RuleAbsent }

func (e *Engine) clock() (stop func() float64) {
	if e.now == nil {
		return func() float64 { return 0 }
	}
	start := e.now()
	return func() float64 { return float64(e.now().Sub(start).Microseconds()) / 1000 }
}

// add appends the problems that err holds as findings of a layer.
func (r *Result) add(layer string, err error) {
	var list diag.List
	var p diag.Problem
	switch {
	case errors.As(err, &list):
		r.addAll(layer, list)
	case errors.As(err, &p):
		r.addAll(layer, diag.List{p})
	default:
		r.addAll(layer, diag.List{diag.Problemf(diag.Pos{}, RuleData, "%v", err)})
	}
}

func (r *Result) addAll(layer string, list diag.List) {
	for _, p := range list {
		f := Finding{
			Layer: layer, Rule: p.Rule, Severity: p.Severity, Message: p.Message, Location: p.Path,
			Line: p.Pos.Line, Column: p.Pos.Column, Hint: p.Hint, Ref: p.Ref, Field: field(p.Path),
		}
		if f.Severity == "" {
			f.Severity = diag.Error
		}
		r.Findings = append(r.Findings, f)
	}
}

// field returns the name of the last node of a path.
func field(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	name, _, _ = strings.Cut(name, "[")
	return name[strings.IndexByte(name, ':')+1:]
}
