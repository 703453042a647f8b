package simulator

import (
	"context"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// judge gives every document of the request its result.
func (v *visit) judge(ctx context.Context) error {
	setLets(v.scope, v.route.Let)
	e := v.route.Each
	if e == nil {
		code, text, err := v.check(ctx, v.body.tree, v.scope)
		if code != "" {
			v.results = append(v.results, result("", code, text, nil))
		}
		return err
	}
	in, err := e.In.Eval(v.scope)
	if err != nil {
		return err
	}
	members, _ := in.([]any)
	for _, m := range members {
		if err := v.member(ctx, e, m); err != nil {
			return err
		}
	}
	return nil
}

func result(key, code string, text, value any) map[string]any {
	r := map[string]any{"key": key, "code": code}
	if text != nil {
		r["text"] = text
	}
	if value != nil {
		r["value"] = value
	}
	return r
}

func (v *visit) member(ctx context.Context, e *Each, member any) error {
	s := v.scope.Child()
	s.Set("member", member)
	key := ""
	if e.Key != nil {
		k, err := e.Key.Eval(s)
		if err != nil {
			return err
		}
		key = text(k)
	}
	s.Set("key", key)
	setLets(s, e.Let)
	node, _ := member.(formula.Node)
	code, note, err := v.check(ctx, node, s)
	if err != nil {
		return err
	}
	if code != "" {
		v.results = append(v.results, result(key, code, note, nil))
		return nil
	}
	for i := range e.Cases {
		c := &e.Cases[i]
		yes, err := truth(c.When, s)
		if err != nil {
			return err
		}
		if yes {
			return v.decide(c, s, key)
		}
	}
	return diag.Problemf(v.route.Pos, RuleNoCase, "no case of the documents of route %q holds (scenario %q)", v.route.Name, v.scenario)
}

func (v *visit) decide(c *Case, s *formula.Scope, key string) error {
	var note any
	if c.Text != nil {
		t, err := c.Text.EvalText(s)
		if err != nil {
			return err
		}
		note = t
	}
	if err := v.put(c, s, key); err != nil {
		return err
	}
	var value any
	if n := len(v.pending); n > 0 && len(c.Put) > 0 {
		value = v.pending[n-1].value
	}
	v.results = append(v.results, result(key, c.Code, note, value))
	return nil
}

// check returns the code of the first check that does not hold for node.
func (v *visit) check(ctx context.Context, node formula.Node, s *formula.Scope) (string, any, error) {
	for i := range v.route.Checks {
		c := &v.route.Checks[i]
		ok, why, err := v.holds(ctx, c, node, s)
		if err != nil {
			return "", nil, err
		}
		if ok {
			continue
		}
		if c.Text == nil {
			return c.Code, why, nil
		}
		inner := s.Child()
		inner.Set("reason", why)
		t, err := c.Text.EvalText(inner)
		return c.Code, t, err
	}
	return "", nil, nil
}

// holds runs one check; why says what is wrong, absent if nothing is known.
func (v *visit) holds(ctx context.Context, c *Check, node formula.Node, s *formula.Scope) (ok bool, why any, err error) {
	if c.That != nil {
		ok, err = truth(c.That, s)
		return ok, nil, err
	}
	targets, err := v.targets(c, node, s)
	if err != nil || len(targets) == 0 {
		return false, "nothing to check was found", err
	}
	for _, t := range targets {
		var fault error
		switch {
		case c.Signature:
			fault = v.a.o.Signed(t.Source())
		case c.Sealed != nil:
			fault = c.Sealed.verify(s, t)
		default:
			fault = v.schema(ctx, c.Schema, t.Source())
		}
		if fault != nil {
			return false, fault.Error(), nil
		}
	}
	return true, nil, nil
}

// targets are the nodes a check is for: of a member, the member itself.
func (v *visit) targets(c *Check, node formula.Node, s *formula.Scope) ([]formula.Node, error) {
	if c.Of != nil {
		return v.inside(c, s)
	}
	if c.Each == nil || v.route.Each != nil {
		if node == nil {
			return nil, nil
		}
		return []formula.Node{node}, nil
	}
	found, err := c.Each.Eval(s)
	list, _ := found.([]any)
	var out []formula.Node
	for _, f := range list {
		if n, ok := f.(formula.Node); ok {
			out = append(out, n)
		}
	}
	return out, err
}

// inside is the document that a check is of, where the request holds it in
// another form: none if there is nothing that can be read.
func (v *visit) inside(c *Check, s *formula.Scope) ([]formula.Node, error) {
	of, err := c.Of.Eval(s)
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case formula.Node:
		return []formula.Node{of}, nil
	case []byte:
		if tree, err := formula.ParseTree(of, ""); err == nil {
			return []formula.Node{tree}, nil
		}
	}
	return nil, nil
}

func (v *visit) schema(ctx context.Context, id string, data []byte) error {
	a := v.artifact(id)
	if a == nil || v.a.o.Artifacts == nil {
		v.a.skipped[id] = true
		return nil
	}
	judge, err := v.a.o.Artifacts.Validator(a)
	if missing(err) {
		v.a.skipped[id] = true
		return nil
	}
	if err != nil {
		return err
	}
	found, err := judge.Validate(ctx, data)
	if err != nil {
		return err
	}
	return diag.List(found).Err()
}

func (v *visit) artifact(id string) *engine.Artifact {
	if v.a.o.Package == nil {
		return nil
	}
	for i := range v.a.o.Package.Artifacts {
		if a := &v.a.o.Package.Artifacts[i]; a.ID == id {
			return a
		}
	}
	return nil
}

// stored is a value that is remembered when the request is done.
type stored struct {
	in, key string
	value   any
	ready   time.Time
}
