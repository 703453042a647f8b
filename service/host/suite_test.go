package host_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/wire"
	"github.com/fiscus-project/fiscus/service/host"
)

// peer is a server on loopback that misbehaves by path.
type peer struct {
	addr, closed string
	mu           sync.Mutex
	bodies       []string
	held         []net.Conn
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: l.Addr().String(), closed: gone.Addr().String()}
	_ = gone.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.held {
			_ = c.Close()
		}
	})
	return p
}

func (p *peer) serve(c net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		_ = c.Close()
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.bodies = append(p.bodies, string(body))
	p.mu.Unlock()
	answer := map[string]string{
		"accept":    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
		"nonsense":  "GARBAGE\r\n\r\n",
		"outage":    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
		"elsewhere": "HTTP/1.1 302 Found\r\nLocation: /accept\r\nContent-Length: 0\r\n\r\n",
	}[strings.TrimPrefix(req.URL.Path, "/")]
	if req.URL.Path == "/timed%20out" || req.URL.Path == "/timed out" {
		p.mu.Lock()
		p.held = append(p.held, c)
		p.mu.Unlock()
		return
	}
	_, _ = io.WriteString(c, answer)
	_ = c.Close()
}

// URL returns the address at which the peer behaves so.
func (p *peer) URL(b enginetest.Behaviour) string {
	addr := p.addr
	if b == enginetest.Refused {
		addr = p.closed
	}
	return fmt.Sprintf("http://%s/%s", addr, strings.ReplaceAll(string(b), " ", "%20"))
}

// Bodies returns the bodies that were read.
func (p *peer) Bodies() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.bodies...)
}

func TestTransportKeepsItsPromises(t *testing.T) {
	t.Parallel()
	enginetest.Transport(t, func(t *testing.T) (engine.Transport, enginetest.Peer) {
		return &host.Transport{Client: &wire.Client{Policy: wire.Policy{AllowPrivate: wire.Loopback}}}, newPeer(t)
	})
}
