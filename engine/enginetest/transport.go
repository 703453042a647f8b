package enginetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// Peer is the other side of a transport under test.
type Peer interface {
	// URL returns the address at which the peer behaves so: Accept (200 with
	// the body "yes"), Cut (reads the request and closes), TimedOut (reads and
	// never answers), Nonsense (answers with what is no answer), Outage (503),
	// Refused (nobody listens), Elsewhere (a redirect to Accept).
	URL(Behaviour) string
	// Bodies returns the bodies of all requests that were read, in order.
	Bodies() []string
}

// Elsewhere is a peer that redirects.
const Elsewhere Behaviour = "elsewhere"

// Transport checks that what open returns keeps the promises of
// engine.Transport: one exchange, never a second one, and a code that says
// whether anything may have been read by the other side.
func Transport(t *testing.T, open func(*testing.T) (engine.Transport, Peer)) {
	for _, c := range []struct {
		peer   Behaviour
		status int
		code   string
		bodies []string
	}{
		{Accept, 200, "", []string{"hello"}},
		{Cut, 0, engine.CodeBroken, []string{"hello"}},
		{TimedOut, 0, engine.CodeTimeout, []string{"hello"}},
		{Nonsense, 0, engine.CodeUnreadable, []string{"hello"}},
		{Outage, 503, "", []string{"hello"}},
		{Refused, 0, engine.CodeConnect, nil},
		{Elsewhere, 302, "", []string{"hello"}},
	} {
		t.Run(string(c.peer), func(t *testing.T) {
			t.Parallel()
			tr, peer := open(t)
			asked := 0
			res := tr.Do(t.Context(), call(peer.URL(c.peer)), func() error { asked++; return nil })
			if res == nil || res.Status != c.status || res.Code != c.code || (res.Code != "") != (res.Reason != "") {
				t.Fatalf("want status %d and code %q, got %+v", c.status, c.code, res)
			}
			if got := peer.Bodies(); !slices.Equal(got, c.bodies) {
				t.Errorf("want bodies %q, got %q", c.bodies, got)
			}
			if asked > 1 || asked == 0 && c.peer != Refused {
				t.Errorf("the gate was asked %d times", asked)
			}
			if c.peer == Accept && string(res.Body) != "yes" {
				t.Errorf("body %q", res.Body)
			}
		})
	}
	t.Run("closed gate", func(t *testing.T) {
		t.Parallel()
		tr, peer := open(t)
		res := tr.Do(t.Context(), call(peer.URL(Accept)), func() error { return errors.New("too late") })
		if res.Code != engine.CodeConnect || len(peer.Bodies()) != 0 {
			t.Errorf("got %+v, bodies %q", res, peer.Bodies())
		}
	})
	t.Run("after its time", func(t *testing.T) {
		t.Parallel()
		tr, peer := open(t)
		c := call(peer.URL(Accept))
		c.NotAfter = time.Unix(1, 0)
		res := tr.Do(t.Context(), c, func() error { return nil })
		if res.Code != engine.CodeConnect || len(peer.Bodies()) != 0 {
			t.Errorf("got %+v, bodies %q", res, peer.Bodies())
		}
	})
	t.Run("given up before", func(t *testing.T) {
		t.Parallel()
		tr, peer := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		res := tr.Do(ctx, call(peer.URL(Accept)), func() error { return nil })
		if res.Code != engine.CodeConnect || len(peer.Bodies()) != 0 {
			t.Errorf("got %+v, bodies %q", res, peer.Bodies())
		}
	})
}

func call(url string) *engine.Call {
	return &engine.Call{Method: "POST", URL: url, Body: []engine.Piece{{Bytes: []byte("hello")}}, Timeout: 500 * time.Millisecond,
		Header: []engine.HeaderField{{Name: "Idempotency-Key", Value: []engine.Piece{{Bytes: []byte("k-1")}}}}}
}
