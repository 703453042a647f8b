package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Question is what selection is asked: which flow for this document?
type Question struct {
	Document    *document.Document
	Entity      string
	Environment Environment
	Channel     string
	Original    *Submission // the document it speaks of, if that is known
	Keys        KeyStore    // for parameters in clauses; may be nil
}

// Choice is the flow that was chosen.
type Choice struct {
	Package *Package
	Flow    *Flow
}

func (c *Catalog) place(q *Question) (*place, error) {
	e := c.entities[q.Entity]
	if e == nil {
		p := diag.Problemf(diag.Pos{}, "SEL-ENTITY", "no legal entity %q", q.Entity)
		return nil, p.WithHint("%s", diag.DidYouMean(q.Entity, c.names))
	}
	return &place{cat: c, environment: q.Environment, entity: e, view: c.views[q.Entity], document: q.Document.Value, keys: q.Keys, context: q}, nil
}

// Field makes a question the name "context".
func (q *Question) Field(name string) (any, bool, error) {
	switch name {
	case "environment":
		return string(q.Environment), true, nil
	case "channel":
		return textOrNil(q.Channel), true, nil
	}
	return nil, true, nil
}

// Select returns the flow for a document. SEL-NO-FLOW if none applies,
// SEL-AMBIGUOUS if several do that no priority tells apart.
func (c *Catalog) Select(q *Question) (Choice, error) {
	p, err := c.place(q)
	if err != nil {
		return Choice{}, err
	}
	fit := make([]candidate, 0, 4)
	visit := func(k candidate) {
		if p.judge(k, q) == True {
			fit = append(fit, k)
		}
	}
	if err := c.candidates(p, q, visit); err != nil {
		return Choice{}, err
	}
	if len(fit) == 0 {
		return Choice{}, noFlow(q)
	}
	best := fit[0]
	for _, k := range fit[1:] {
		if k.pkg == best.pkg && k.flow.Priority > best.flow.Priority {
			best = k
		}
	}
	for _, k := range fit {
		if k.flow != best.flow && (k.pkg != best.pkg || k.flow.Priority == best.flow.Priority) {
			return Choice{}, ambiguous(best, k)
		}
	}
	return Choice{best.pkg, best.flow}, nil
}

func noFlow(q *Question) error {
	return diag.Problem{Rule: "SEL-NO-FLOW",
		Message: fmt.Sprintf("no flow in force for legal entity %q in environment %s applies to this %s", q.Entity, q.Environment, q.Document.Schema),
		Hint:    "fiscus explain shows every clause and the smallest change that would match"}
}

func ambiguous(a, b candidate) error {
	p := diag.Problem{Rule: "SEL-AMBIGUOUS", Pos: b.flow.Pos,
		Message: fmt.Sprintf("flows %s and %s both apply", a.name(), b.name())}
	if a.pkg == b.pkg {
		p.Hint = "give one of them a higher priority, or tell them apart under applies"
	} else {
		p.Hint = "deploy only one of the two packages for this legal entity"
	}
	return p
}

func (c candidate) name() string { return c.pkg.ID + " " + c.flow.Name }

// candidates visits all flows that may apply: the outbound ones in force, and
// the event flows of the version that issued the original.
func (c *Catalog) candidates(p *place, q *Question, visit func(candidate)) error {
	for _, d := range c.deployed(q.Environment, q.Entity) {
		x, _, err := c.inForce(p, d)
		if err != nil && q.Original != nil {
			continue // it speaks of another document: a flow that does is of the version that issued that one
		}
		if err != nil {
			return err
		}
		x.find(p.base(), visit)
	}
	for _, k := range c.events(q) {
		visit(k)
	}
	return nil
}

// events returns the event flows of the package that issued the original.
func (c *Catalog) events(q *Question) []candidate {
	if q.Original == nil {
		return nil
	}
	pkg := c.Package(q.Original.Package, q.Original.Version)
	if pkg == nil {
		return nil
	}
	var out []candidate
	for _, f := range pkg.Flows {
		if f.Kind == Event && !pkg.Started(f.Name) {
			out = append(out, candidate{pkg: pkg, flow: f})
		}
	}
	return out
}

// judge says whether a flow applies.
func (p *place) judge(k candidate, q *Question) Truth {
	t := truth(len(k.pkg.Documents) == 0 || slices.Contains(k.pkg.Documents, q.Document.Schema))
	if t == True && k.flow.About != nil {
		t = k.flow.About.fits(q.Original)
	}
	if t == True && k.flow.Applies != nil {
		s := p.base()
		if !k.common {
			s = p.of(k.pkg)
		}
		t = k.flow.Applies.Judge(s)
	}
	if t == True && k.flow.When != nil {
		t = condition(k.flow.When, p.of(k.pkg))
	}
	return t
}

func condition(f *formula.Program, s *formula.Scope) Truth {
	v, known, err := f.EvalBool(s)
	if err != nil || !known {
		return Uncertain
	}
	return truth(v)
}

func (a *About) fits(original *Submission) Truth {
	if original == nil {
		return Uncertain
	}
	return truth((a.Flow == "" || a.Flow == original.Flow) && (len(a.Status) == 0 || slices.Contains(a.Status, original.Status)))
}

// FindOriginal returns the submission that the document's reference "original"
// names, by submission id or by the id of its document; nil without one.
func FindOriginal(ctx context.Context, log Log, d *document.Document, entity string, env Environment) (*Submission, error) {
	for _, r := range d.References {
		if len(r.Path) == 1 && r.Path[0] == "original" {
			return FindDocument(ctx, log, r.ID, entity, env)
		}
	}
	return nil, nil
}

// FindDocument returns the newest submission that id names: its own id or that
// of its document. Nil if there is none of that legal entity and environment.
func FindDocument(ctx context.Context, log Log, id, entity string, env Environment) (*Submission, error) {
	s, err := log.Submission(ctx, id)
	if err == nil && s.Entity == entity && s.Environment == env {
		return s, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if strings.TrimSpace(id) == "" {
		return nil, nil
	}
	list, err := log.Find(ctx, Query{Environment: env, Entity: entity, DocumentID: id})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[len(list)-1], nil
}
