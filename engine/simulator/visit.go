package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// visit is one request on its way through the authority.
type visit struct {
	a        *Authority
	route    *Route
	request  Request
	body     *body
	now      time.Time
	scope    *formula.Scope
	scenario string
	results  []any    // maps: key, code, text, value
	pending  []stored // remembered when the request is done
	limited  bool
}

// body serves one-argument at, nodes, has, source and header.
type body struct {
	tree   formula.Node
	header func(string) (string, bool)
}

// Tree returns the payload of the request.
func (b *body) Tree() (formula.Node, error) { return b.tree, nil }

// Header returns a header field of the request.
func (b *body) Header(name string) (string, bool) { return b.header(name) }

// Serves reports whether the authority has a route for the request.
func (a *Authority) Serves(r Request) bool {
	route, _ := a.route(r)
	return route != nil
}

// route returns the first route that fits, with the parts of its path.
func (a *Authority) route(r Request) (*Route, map[string]any) {
	action := r.action()
	for _, c := range a.sim.Routes {
		if p, ok := c.fits(r.Method, r.Path, action); ok {
			return c, p
		}
	}
	return nil, nil
}

func (a *Authority) noRoute(r Request) error {
	return diag.Problemf(a.sim.Pos, RuleNoRoute, "no route for %s %s, action %q", r.Method, r.Path, r.action())
}

func (r Request) action() string {
	if r.Header == nil {
		return ""
	}
	return soapAction(r.Header)
}

func (a *Authority) visit(r Request, scenario string) (*visit, error) {
	if r.Header == nil {
		r.Header = func(string) (string, bool) { return "", false }
	}
	route, params := a.route(r)
	if route == nil {
		return nil, a.noRoute(r)
	}
	v := &visit{a: a, route: route, request: r, now: a.o.Now(), body: &body{header: r.Header}}
	v.body.tree = r.tree()
	a.ripen(v.now)
	v.scope = a.scope(v, params)
	return v, v.chooseScenario(scenario)
}

// payload is what a SOAP envelope carries, or the tree itself.
func payload(tree formula.Node) formula.Node {
	for _, path := range []string{"/Envelope/Body/*[1]", "Envelope/Body/*[1]"} {
		if found, err := tree.Find(path); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return tree
}

func soapAction(header func(string) (string, bool)) string {
	if s, ok := header("SOAPAction"); ok {
		return strings.Trim(s, `"`)
	}
	s, _ := header("Content-Type")
	_, s, ok := strings.Cut(s, "action=")
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, ";")
	return strings.Trim(strings.TrimSpace(s), `"`)
}

func (r *Route) fits(method, path, action string) (map[string]any, bool) {
	if r.Method != "" && r.Method != method || !wildcard(r.SOAPAction, action) {
		return nil, false
	}
	return fitsPath(r.Path, path)
}

func wildcard(pattern, text string) bool {
	switch {
	case pattern == "":
		return true
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(text, pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(text, pattern[:len(pattern)-1])
	}
	return pattern == text
}

// fitsPath matches "/x/{id}" segment by segment.
func fitsPath(pattern, path string) (map[string]any, bool) {
	params := map[string]any{}
	if pattern == "" {
		return params, true
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i, w := range want {
		if strings.HasPrefix(w, "{") && strings.HasSuffix(w, "}") && got[i] != "" {
			params[w[1:len(w)-1]] = got[i]
		} else if w != got[i] {
			return nil, false
		}
	}
	return params, true
}

func (v *visit) chooseScenario(named string) error {
	v.scenario = named
	if v.scenario == "" {
		for _, s := range v.a.sim.Scenarios {
			if s.When == nil || v.body.tree == nil {
				continue
			}
			yes, err := truth(s.When, v.scope)
			if err != nil {
				return err
			}
			if yes {
				v.scenario = s.Name
				break
			}
		}
	}
	v.scope.Set("scenario", v.scenario)
	return nil
}

func truth(p *formula.Program, s *formula.Scope) (bool, error) {
	if p == nil {
		return true, nil
	}
	return p.Test(s)
}

func setLets(s *formula.Scope, lets []nodes.Let) {
	for _, l := range lets {
		s.SetLazy(l.Name, l.Value.Eval)
	}
}

func (v *visit) answer(ctx context.Context) (*Outcome, error) {
	if out, err := v.limits(); out != nil || err != nil {
		return out, err
	}
	if err := v.judge(ctx); err != nil {
		return nil, err
	}
	v.scope.Set("results", v.results)
	for i := range v.route.Cases {
		c := &v.route.Cases[i]
		yes, err := truth(c.When, v.scope)
		if err != nil {
			return nil, err
		}
		if yes {
			return v.do(c)
		}
	}
	return nil, diag.Problemf(v.route.Pos, RuleNoCase, "no case of route %q holds (scenario %q)", v.route.Name, v.scenario)
}

func (v *visit) limits() (*Outcome, error) {
	for i := range v.route.Limits {
		l := &v.route.Limits[i]
		recent := v.a.calls[l][:0]
		for _, at := range v.a.calls[l] {
			if v.now.Sub(at) < l.In {
				recent = append(recent, at)
			}
		}
		if len(recent) >= l.Count {
			v.a.calls[l] = recent
			v.limited = true
			return v.reply(l.Reply)
		}
		v.a.calls[l] = append(recent, v.now)
	}
	return nil, nil
}

// do carries out a case: what is dropped is not done, what is lost is.
func (v *visit) do(c *Case) (*Outcome, error) {
	if c.Drop {
		v.forget()
		return &Outcome{Drop: true, Delay: c.Delay}, nil
	}
	v.commit()
	if err := v.put(c, v.scope, ""); err != nil {
		return nil, err
	}
	v.commit()
	out := &Outcome{}
	if c.Reply != nil {
		var err error
		if out, err = v.reply(c.Reply); err != nil {
			return nil, err
		}
	}
	out.Lose, out.Garble, out.Delay = c.Lose, c.Garble, c.Delay
	return out, nil
}

func (v *visit) event(out *Outcome) Event {
	sum := sha256.Sum256(v.request.Body)
	e := Event{At: v.now, Route: v.route.Name, Method: v.request.Method, Path: v.request.Path, Scenario: v.scenario, SHA256: hex.EncodeToString(sum[:]),
		Bytes: len(v.request.Body), Status: out.Status, Result: "replied"}
	switch {
	case out.Drop:
		e.Result = "dropped"
	case out.Lose:
		e.Result = "lost"
	case out.Garble:
		e.Result = "garbled"
	case v.limited:
		e.Result = "limited"
	}
	for _, r := range v.results {
		m := r.(map[string]any)
		e.Members = append(e.Members, Member{Key: fmt.Sprint(m["key"]), Code: text(m["code"])})
	}
	return e
}

func text(v any) string { s, _ := v.(string); return s }
