package host

import (
	"context"
	"crypto/x509"
	"net/url"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/wire"
)

// Transport is an engine.Transport over the network.
type Transport struct {
	Client *wire.Client
	Keys   engine.KeyStore
	Roots  *x509.CertPool // nil: those of the system
	// Simulator, when set, is called instead of the host of every URL: the
	// path and all else stay as they are. Only for the test environment.
	Simulator string
}

// Do makes the call once.
func (t *Transport) Do(ctx context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	call, err := t.call(c, gate)
	if err != nil {
		return &engine.Response{Code: engine.CodeConnect, Reason: err.Error(), Received: time.Now()}
	}
	answer, failure := t.Client.Send(ctx, call)
	if failure != nil {
		return &engine.Response{Code: failure.Code, Reason: failure.Reason, Received: time.Now()}
	}
	return &engine.Response{Status: answer.Status, Header: answer.Header, Body: answer.Body, Received: answer.Received}
}

func (t *Transport) call(c *engine.Call, gate engine.Gate) (*wire.Call, error) {
	target, err := t.target(c.URL)
	if err != nil {
		return nil, err
	}
	call := &wire.Call{Method: c.Method, URL: target, Body: pieces(c.Body), Roots: t.Roots, Timeout: c.Timeout, NotAfter: c.NotAfter, Gate: gate}
	for _, h := range c.Header {
		call.Header = append(call.Header, wire.Field{Name: h.Name, Value: pieces(h.Value)})
	}
	if c.Certificate != nil {
		call.Certificate = func() (*keys.Pair, error) { return bound(t.Keys, c.Environment).Key(c.Certificate) }
	}
	return call, nil
}

// target is the address that is really called.
func (t *Transport) target(address string) (string, error) {
	if t.Simulator == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	base, err := url.Parse(t.Simulator)
	if err != nil {
		return "", err
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	return u.String(), nil
}

func pieces(in []engine.Piece) []wire.Piece {
	out := make([]wire.Piece, len(in))
	for i, p := range in {
		out[i] = wire.Piece{Bytes: p.Bytes}
		if p.Secret != nil {
			out[i].Secret = *p.Secret
		}
	}
	return out
}
