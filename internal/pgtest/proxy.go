package pgtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"sync"
	"testing"
)

// Cut is where a Proxy breaks a connection.
type Cut int

// What a Proxy does with the next commit.
const (
	CutNothing      Cut = iota
	CutBeforeCommit     // the server never gets it
	CutAfterCommit      // the server gets it, and its answer is lost
)

// Proxy stands between a client and a server and breaks lines when told to.
type Proxy struct {
	port   int
	server int
	mu     sync.Mutex
	next   Cut
}

// Proxy listens in front of the cluster until the test ends.
func (c *Cluster) Proxy(t testing.TB) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	p := &Proxy{port: l.Addr().(*net.TCPAddr).Port, server: c.port}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

// URL returns the address of a database through the proxy.
func (p *Proxy) URL(database string) string {
	return fmt.Sprintf("postgres://fiscus@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

// Next says what happens to the next commit; it happens once.
func (p *Proxy) Next(c Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = c
}

// take reports whether what was ordered is to be done now.
func (p *Proxy) take(c Cut, seen bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next != c || !seen {
		return false
	}
	p.next = CutNothing
	return true
}

// begun reports whether a packet asks for a commit: by the statement, or by the
// name under which pgx has prepared it.
func begun(packet []byte) bool {
	sum := sha256.Sum256([]byte("commit"))
	return bytes.Contains(packet, []byte("commit\x00")) || bytes.Contains(packet, []byte("stmtcache_"+hex.EncodeToString(sum[:24])))
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.server))
	if err != nil {
		_ = client.Close()
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		p.pass(client, server, func(b []byte) bool { return p.take(CutBeforeCommit, begun(b)) })
		_, _ = client.Close(), server.Close()
	})
	wg.Go(func() {
		p.pass(server, client, func(b []byte) bool { return p.take(CutAfterCommit, bytes.Contains(b, []byte("COMMIT\x00"))) })
		_, _ = client.Close(), server.Close()
	})
	wg.Wait()
}

// pass hands on what comes until it ends or is to be cut.
func (p *Proxy) pass(from, to net.Conn, cut func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if cut(buf[:n]) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
