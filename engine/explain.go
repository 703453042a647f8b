package engine

import (
	"cmp"
	"errors"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Explanation is how selection came to its choice.
type Explanation struct {
	Entity      string        `json:"entity"`
	Environment Environment   `json:"environment"`
	Chosen      *Considered   `json:"chosen,omitempty"`
	Problem     *diag.Problem `json:"problem,omitempty"` // SEL-NO-FLOW, SEL-AMBIGUOUS, ...
	Considered  []Considered  `json:"considered"`        // the chosen and the nearest first
}

// Considered is a flow with every clause and its value.
type Considered struct {
	Package  string         `json:"package"`
	Version  string         `json:"version"`
	Flow     string         `json:"flow"`
	Date     string         `json:"date,omitempty"` // the document's date the package goes by
	Priority int            `json:"priority"`
	Result   Truth          `json:"result"`
	Clauses  []ClauseResult `json:"clauses"`
	Change   []Change       `json:"change,omitempty"` // the smallest change that would match
}

// ClauseResult is one clause as it was judged.
type ClauseResult struct {
	Pos    diag.Pos `json:"pos,omitzero"`
	Depth  int      `json:"depth"` // below all, any, not
	Clause string   `json:"clause"`
	Value  string   `json:"value,omitempty"`
	Result Truth    `json:"result"`
}

// Change says what would have to be different.
type Change struct {
	Path string `json:"path"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Explain judges every clause of every flow that is in force, and of the event
// flows that could speak of the original.
func (c *Catalog) Explain(q *Question) *Explanation {
	x := &Explanation{Entity: q.Entity, Environment: q.Environment, Considered: []Considered{}}
	p, err := c.place(q)
	if err != nil {
		x.fail(err)
		return x
	}
	choice, err := c.Select(q)
	x.fail(err)
	for _, k := range c.everything(p, q) {
		x.Considered = append(x.Considered, p.consider(k, q))
	}
	chosen := func(s *Considered) bool {
		return choice.Flow != nil && s.Flow == choice.Flow.Name && s.Package == choice.Package.ID && s.Version == choice.Package.Version
	}
	slices.SortStableFunc(x.Considered, func(a, b Considered) int {
		if u, v := chosen(&a), chosen(&b); u != v {
			return cmp.Compare(btoi(v), btoi(u))
		}
		return cmp.Or(cmp.Compare(b.Result, a.Result), cmp.Compare(len(a.Change), len(b.Change)), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Flow, b.Flow))
	})
	if choice.Flow != nil {
		x.Chosen = &x.Considered[0]
	}
	return x
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *Explanation) fail(err error) {
	var p diag.Problem
	if errors.As(err, &p) {
		x.Problem = &p
	} else if err != nil {
		x.Problem = &diag.Problem{Rule: "SEL-FAILED", Message: err.Error()}
	}
}

// everything returns all flows of packages in force, index or not.
func (c *Catalog) everything(p *place, q *Question) []candidate {
	var out []candidate
	for _, d := range c.deployed(q.Environment, q.Entity) {
		x, list, err := c.inForce(p, d)
		if err != nil {
			continue
		}
		out = append(out, x.all()...)
		if q.Original == nil {
			for _, pkg := range list {
				for _, f := range pkg.Flows {
					if f.Kind == Event {
						out = append(out, candidate{pkg: pkg, flow: f})
					}
				}
			}
		}
	}
	return append(out, c.events(q)...)
}

func (p *place) consider(k candidate, q *Question) Considered {
	r := Considered{Package: k.pkg.ID, Version: k.pkg.Version, Flow: k.flow.Name, Priority: k.flow.Priority, Clauses: []ClauseResult{}, Result: True}
	if day, err := p.cat.dayOf(p, q.Environment, k.pkg); err == nil && day != (civil.Date{}) {
		r.Date = day.String()
	}
	if len(k.pkg.Documents) > 0 {
		c := ClauseResult{Clause: "the package takes this kind of document", Value: q.Document.Schema, Result: truth(slices.Contains(k.pkg.Documents, q.Document.Schema))}
		r.add(c, Change{"document", q.Document.Schema, "is one of the package's documents"})
	}
	if a := k.flow.About; a != nil {
		c := ClauseResult{Pos: k.flow.Pos, Clause: aboutText(a), Value: originalText(q.Original), Result: a.fits(q.Original)}
		r.add(c, Change{"original", c.Value, c.Clause})
	}
	s := p.of(k.pkg)
	if k.flow.Applies != nil {
		r.Result = min(r.Result, k.flow.Applies.explain(s, 0, &r.Clauses))
		r.Change = append(r.Change, k.flow.Applies.change(s, true)...)
	}
	if w := k.flow.When; w != nil {
		c := ClauseResult{Pos: w.Pos(), Clause: "when " + w.Source(), Result: condition(w, s)}
		r.add(c, Change{w.Source(), c.Result.String(), "is true"})
	}
	return r
}

// add takes in a clause, with the change it needs if it does not hold.
func (r *Considered) add(c ClauseResult, ch Change) {
	r.Clauses = append(r.Clauses, c)
	r.Result = min(r.Result, c.Result)
	if c.Result != True {
		r.Change = append(r.Change, ch)
	}
}

func aboutText(a *About) string {
	text := "about a document of flow " + a.Flow
	for i, s := range a.Status {
		if i == 0 {
			text += " that is "
		} else {
			text += " or "
		}
		text += string(s)
	}
	return text
}

func originalText(s *Submission) string {
	if s == nil {
		return show(nil)
	}
	return s.Flow + ", " + string(s.Status)
}

// explain judges every clause without stopping early.
func (c *Clause) explain(s *formula.Scope, depth int, out *[]ClauseResult) Truth {
	i := len(*out)
	*out = append(*out, ClauseResult{Pos: c.Pos, Depth: depth, Clause: c.String()})
	var t Truth
	switch c.Op {
	case "all", "not":
		t = True
		for _, sub := range c.Sub {
			t = min(t, sub.explain(s, depth+1, out))
		}
		if c.Op == "not" {
			t = t.not()
		}
	case "any":
		for _, sub := range c.Sub {
			t = max(t, sub.explain(s, depth+1, out))
		}
	default:
		v, err := c.Field.Eval(s)
		if t = c.Judge(s); err != nil {
			(*out)[i].Value = err.Error()
		} else {
			(*out)[i].Value = show(v)
		}
	}
	(*out)[i].Result = t
	return t
}

// change returns the fewest changes of fields that make c true, or not true.
func (c *Clause) change(s *formula.Scope, want bool) []Change {
	t := c.Judge(s)
	if want && t == True || !want && t == False {
		return nil
	}
	switch {
	case c.Op == "not":
		return (&Clause{Op: "all", Sub: c.Sub}).change(s, !want)
	case c.Op == "all" && want, c.Op == "any" && !want:
		var all []Change
		for _, sub := range c.Sub {
			all = append(all, sub.change(s, want)...)
		}
		return all
	case c.Op == "any", c.Op == "all":
		var best []Change
		for _, sub := range c.Sub {
			if ch := sub.change(s, want); best == nil || len(ch) < len(best) {
				best = ch
			}
		}
		return best
	}
	v, _ := c.Field.Eval(s)
	to := c.String()[len(c.Path)+1:]
	if !want {
		to = "not " + to
	}
	return []Change{{c.Path, show(v), to}}
}
