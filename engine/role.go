package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// part is a flow with the package it belongs to: what its formulas see is of
// that package.
type part struct {
	pkg  *Package
	flow *Flow
}

// scope returns what formulas of the package see in a run.
func (p part) scope(r *run) *formula.Scope {
	if p.pkg == r.pkg {
		return r.scope
	}
	return r.place.of(p.pkg)
}

// keep takes over the parameters of a package as the journal has them.
func (p *place) keep(pkg *Package, param any) {
	if p.snapshot == nil {
		p.snapshot = map[*Package]map[string]any{}
	}
	p.snapshot[pkg], _ = param.(map[string]any)
}

// run runs the flow that a step uses, or the one that plays its role.
func (t *task) run(path string, with map[string]any) (Outcome, Outputs, error) {
	if t.st.Role == "" {
		return t.f.use(t.st.Use, path, with)
	}
	p, problem, err := t.player()
	if err != nil {
		return Outcome{}, nil, err
	}
	if problem != nil {
		// A package that is not deployed, or two that are: set-up, not the document.
		return Outcome{Class: Precondition, Code: problem.Rule, Text: problem.Message, Findings: diag.List{*problem}}, nil, nil
	}
	return t.f.call(p, path, with)
}

// player returns the flow that plays the role of a step. Which one it is, and
// the parameters of its package, are journalled when it is first asked, so
// that a run ends with the flow it began with.
func (t *task) player() (part, *diag.Problem, error) {
	r, path := t.r, t.path+"$role"
	v, en, err := r.found(path, EntryState)
	if err != nil {
		return part{}, nil, err
	}
	if en != nil {
		return r.chosen(path, v)
	}
	p, problem := t.choose()
	if problem != nil {
		return part{}, problem, nil
	}
	m := map[string]any{"package": p.pkg.ID, "version": p.pkg.Version, "digest": p.pkg.Digest, "flow": p.flow.Name}
	if p.pkg != r.pkg && r.place.snapshot[p.pkg] == nil {
		given, _, err := p.scope(r).Lookup("param")
		if err != nil {
			return part{}, nil, err
		}
		param, err := given.(*parameters).plain()
		if err != nil {
			list := problems(err, "RUN-PARAMETER")
			return part{}, &list[0], nil
		}
		m["param"] = param
		r.place.keep(p.pkg, param)
	}
	if r.peek {
		return p, nil, nil
	}
	return p, nil, r.note(Entry{Path: path, Kind: EntryState}, m)
}

// chosen finds the flow that the journal names.
func (r *run) chosen(path string, v any) (part, *diag.Problem, error) {
	m, _ := v.(map[string]any)
	text := func(name string) string { t, _ := m[name].(string); return t }
	pkg := r.pkg
	if text("package") != r.pkg.ID {
		pkg = r.e.cat.Package(text("package"), text("version"))
	}
	if pkg == nil || pkg.Digest != text("digest") || pkg.Flow(text("flow")) == nil {
		return part{}, nil, r.parkAt(path, diag.Problem{Rule: "RUN-PACKAGE",
			Message: fmt.Sprintf("package %s@%s with digest %s is not installed", text("package"), text("version"), text("digest")),
			Hint:    "a submission ends with the packages it began with; install that version"})
	}
	if m["param"] != nil {
		r.place.keep(pkg, m["param"])
	}
	return part{pkg, pkg.Flow(text("flow"))}, nil, nil
}

// choose judges the flows of that role in all packages deployed for the legal
// entity, by what the flow that asks sees. Exactly one must apply.
func (t *task) choose() (part, *diag.Problem) {
	all, problem := t.players()
	if problem != nil {
		return part{}, problem
	}
	var fit []part
	for _, p := range all {
		if p.applies(t.f.part.scope(t.r)) == True {
			fit = append(fit, p)
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	of, hint := all, "deploy the package that has it, or correct the parameter that chooses it"
	message := fmt.Sprintf("no flow plays the role %q here", t.st.Role)
	if len(fit) > 1 {
		of, hint = fit, "tell them apart under applies, or deploy only one of the packages"
		message = fmt.Sprintf("%d flows play the role %q here", len(fit), t.st.Role)
	}
	if names := partNames(of); names != "" {
		message += ": " + names
	}
	p := diag.Problemf(t.st.Pos, "RUN-ROLE", "%s", message).WithHint("%s", hint)
	return part{}, &p
}

func partNames(all []part) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.pkg.ID + " " + p.flow.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// players returns the flows of the role: of the packages in force, and of the
// one that asks as the run has it.
func (t *task) players() ([]part, *diag.Problem) {
	packages := []*Package{t.f.pkg}
	if t.r.pkg != t.f.pkg {
		packages = append(packages, t.r.pkg)
	}
	for _, d := range t.r.e.cat.deployed(t.r.sub.Environment, t.r.sub.Entity) {
		_, list, err := t.r.e.cat.inForce(t.r.place, d)
		if err != nil {
			return nil, &problems(err, "SEL-DATE")[0]
		}
		for _, pkg := range list {
			if !slices.ContainsFunc(packages, func(p *Package) bool { return p.ID == pkg.ID }) {
				packages = append(packages, pkg)
			}
		}
	}
	var all []part
	for _, pkg := range packages {
		for _, flow := range pkg.Flows {
			if flow.Role == t.st.Role {
				all = append(all, part{pkg, flow})
			}
		}
	}
	return all, nil
}

// applies judges a flow by what the flow that asks for it sees: param are the
// parameters of its package.
func (p part) applies(s *formula.Scope) Truth {
	t := True
	if p.flow.Applies != nil {
		t = p.flow.Applies.Judge(s)
	}
	if t == True && p.flow.When != nil {
		t = condition(p.flow.When, s)
	}
	return t
}
