package simulator

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// DefaultTimeout bounds a call that names no bound, as the real transport has it.
const DefaultTimeout = time.Minute

// InProcess is an engine.Transport that asks simulated authorities in the same
// process. What they do to a line becomes the code the real transport would
// give: a refused connection or handshake is CONNECT, a line that breaks after
// the request BROKEN, an answer that comes too late TIMEOUT.
//
// The clock passes the delay of an answer; give it one that does not really
// wait. Safe for concurrent use.
type InProcess struct {
	Authorities []*Authority    // the first with a route for the request is asked
	Clock       engine.Clock    // must be set
	Keys        engine.KeyStore // nil: no client certificate can be shown
	// Scenario names the scenario of a call; "" leaves it to the authority.
	// nil: always so.
	Scenario func(ctx context.Context) string
	// Fault is told what is wrong with a simulator file itself; the call ends
	// BROKEN. nil: it goes into the reason only.
	Fault func(error)
}

// Do makes the call once.
func (p *InProcess) Do(ctx context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	out, res := p.ask(ctx, c, gate)
	if res == nil {
		res = p.answer(ctx, c, out)
	}
	res.Received = p.Clock.Now()
	return res
}

func refused(code, reason string) *engine.Response {
	return &engine.Response{Code: code, Reason: reason}
}

// ask gives the request to the authority, unless the line never comes about.
func (p *InProcess) ask(ctx context.Context, c *engine.Call, gate engine.Gate) (*Outcome, *engine.Response) {
	r, err := request(c)
	if err != nil {
		return nil, refused(engine.CodeConnect, err.Error())
	}
	a, err := p.authority(r)
	if err != nil {
		p.fault(err)
		return nil, refused(engine.CodeConnect, err.Error())
	}
	scenario := ""
	if p.Scenario != nil {
		scenario = p.Scenario(ctx)
	}
	if a.refuses(scenario) {
		return nil, refused(engine.CodeConnect, "connection refused")
	}
	if err := p.handshake(a, c); err != nil {
		return nil, refused(engine.CodeConnect, err.Error())
	}
	if gate != nil {
		if err := gate(); err != nil {
			return nil, refused(engine.CodeConnect, "the gate is closed: "+err.Error())
		}
	}
	out, err := a.handle(ctx, r, scenario)
	if err != nil {
		p.fault(err)
		return nil, refused(engine.CodeBroken, err.Error())
	}
	return out, nil
}

func (p *InProcess) fault(err error) {
	if p.Fault != nil {
		p.Fault(err)
	}
}

// handshake shows the client certificate the authority asks for.
func (p *InProcess) handshake(a *Authority, c *engine.Call) error {
	if c.Certificate == nil {
		if a.sim.ClientTLS {
			return errors.New("the authority asks for a client certificate")
		}
		return nil
	}
	if p.Keys == nil {
		return errors.New("there are no keys here")
	}
	_, err := p.Keys.Key(c.Certificate)
	return err
}

// authority returns the first one that has a route for the request.
func (p *InProcess) authority(r Request) (*Authority, error) {
	for _, a := range p.Authorities {
		if a.Serves(r) {
			return a, nil
		}
	}
	if len(p.Authorities) == 1 {
		return nil, p.Authorities[0].noRoute(r)
	}
	return nil, diag.Problem{Rule: RuleNoRoute, Message: "no simulator has a route for " + r.Method + " " + r.Path}
}

// answer turns what the authority did into what the caller sees.
func (p *InProcess) answer(ctx context.Context, c *engine.Call, out *Outcome) *engine.Response {
	limit := c.Timeout
	if limit == 0 {
		limit = DefaultTimeout
	}
	if out.Delay >= limit {
		_ = p.Clock.Sleep(ctx, p.Clock.Now().Add(limit))
		return refused(engine.CodeTimeout, "no answer in time")
	}
	if out.Delay > 0 {
		_ = p.Clock.Sleep(ctx, p.Clock.Now().Add(out.Delay))
	}
	switch {
	case out.Lose || out.Drop:
		return refused(engine.CodeBroken, "the connection ended without an answer")
	case out.Garble && len(out.Body) > 0:
		return refused(engine.CodeBroken, "the connection ended within the answer")
	}
	res := &engine.Response{Status: out.Status, Body: out.Body}
	for _, name := range slices.Sorted(maps.Keys(out.Headers)) {
		res.Header = append(res.Header, [2]string{name, out.Headers[name]})
	}
	return res
}

// request reads a call as the authority receives it.
func request(c *engine.Call) (Request, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return Request{}, err
	}
	if u.Host == "" {
		return Request{}, errors.New("the address has no host: " + c.URL)
	}
	r := Request{Method: c.Method, Path: u.Path, Body: join(c.Body)}
	if r.Path == "" {
		r.Path = "/"
	}
	r.Header = func(name string) (string, bool) {
		for _, h := range c.Header {
			if strings.EqualFold(h.Name, name) {
				return string(join(h.Value)), true
			}
		}
		return "", false
	}
	return r, nil
}

func join(pieces []engine.Piece) []byte {
	var b []byte
	for _, p := range pieces {
		if p.Secret != nil {
			b = append(b, p.Secret.RevealBytes()...)
		} else {
			b = append(b, p.Bytes...)
		}
	}
	return b
}
