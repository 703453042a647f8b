package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
)

func client() *Client {
	return &Client{Policy: Policy{AllowPrivate: Loopback}, RetryWait: time.Millisecond}
}

// raw serves each connection by f and counts the connections and the bytes of
// each that were read.
func raw(t *testing.T, f func(net.Conn)) (url string, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	connections = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() { defer c.Close(); f(c) }()
		}
	}()
	return "http://" + l.Addr().String() + "/x", connections
}

func readRequest(c net.Conn) (*http.Request, []byte) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil, nil
	}
	b, _ := io.ReadAll(r.Body)
	return r, b
}

func post(url string, body ...string) *Call {
	c := &Call{Method: "POST", URL: url, Header: []Field{{"Content-Type", []Piece{Text("text/plain")}}, {"Idempotency-Key", []Piece{Text("1")}}}}
	for _, b := range body {
		c.Body = append(c.Body, Text(b))
	}
	return c
}

type secret string

func (s secret) RevealBytes() []byte { return []byte(s) }

func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	url, _ := raw(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		seen <- string(b[:n])
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-B: 2\r\nx-a:  1 \r\nX-B: 3\r\nContent-Length: 2\r\n\r\nok")
	})
	call := &Call{Method: "POST", URL: url + "?q=%20", Body: []Piece{Text("<a>"), {Secret: secret("hid")}, Text("</a>")},
		Header: []Field{{"X-Z", []Piece{Text("a"), {Secret: secret("b")}}}, {"X-A", nil}}}
	r, f := client().Send(t.Context(), call)
	if f != nil {
		t.Fatal(f)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/x")
	want := "POST /x?q=%20 HTTP/1.1\r\nHost: " + host + "\r\nX-Z: ab\r\nX-A: \r\nUser-Agent: fiscus\r\nContent-Length: 10\r\nConnection: close\r\n\r\n<a>hid</a>"
	if got := <-seen; got != want {
		t.Errorf("written\n got %q\nwant %q", got, want)
	}
	if fmt.Sprint(r.Header) != "[[X-B 2] [x-a 1] [X-B 3] [Content-Length 2]]" || r.Status != 200 || string(r.Body) != "ok" || r.Received.IsZero() {
		t.Errorf("response %+v", r)
	}
}

// Whatever a server does, it sees one connection and one request at most.
func TestOneRequestAndWhatIsKnown(t *testing.T) {
	t.Parallel()
	answer := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			if r, _ := readRequest(c); r != nil {
				_, _ = io.WriteString(c, text)
			}
		}
	}
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"reads all and closes":  {func(c net.Conn) { readRequest(c) }, CodeBroken},
		"closes before reading": {func(net.Conn) {}, CodeBroken},
		"resets":                {func(c net.Conn) { readRequest(c); _ = c.(*net.TCPConn).SetLinger(0) }, CodeBroken},
		"never answers":         {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, CodeTimeout},
		"stops within the head": {answer("HTTP/1.1 200 OK\r\nContent-"), CodeBroken},
		"stops within the body": {answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), CodeBroken},
		"stops within a chunk":  {answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), CodeBroken},
		"another protocol":      {answer("220 mail.invalid ESMTP\r\n"), CodeUnreadable},
		"nonsense header":       {answer("HTTP/1.1 banana\r\n\r\n"), CodeUnreadable},
		"huge header":           {answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n"), CodeUnreadable},
		"huge body":             {answer("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 5000)), CodeUnreadable},
		"unknown coding":        {answer("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok"), CodeUnreadable},
		"bad gzip":              {answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"), CodeUnreadable},
		"interim for ever":      {answer(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20)), CodeUnreadable},
		"500":                   {answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "500"},
		"503":                   {answer("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"), "503"},
		"redirect":              {answer("HTTP/1.1 307 There\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n"), "307"},
		"interim, then answer":  {answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"), "201"},
		"keeps alive":           {answer("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"), "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, connections := raw(t, test.serve)
			c := client()
			c.MaxAnswer, c.Total = 4000, 300*time.Millisecond
			r, f := c.Send(t.Context(), post(url, "once"))
			got := ""
			if f != nil {
				got = f.Code
				if f.Code != CodeConnect && f.Written == 0 {
					t.Errorf("failure %v says that nothing was written", f)
				}
			} else {
				got = fmt.Sprint(r.Status)
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, f, test.want)
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

func TestNothingWritten(t *testing.T) {
	t.Parallel()
	served := new(atomic.Int32)
	url, _ := raw(t, func(c net.Conn) {
		if r, _ := readRequest(c); r != nil {
			served.Add(1)
		}
	})
	past := post(url)
	past.NotAfter = time.Now().Add(-time.Second)
	shut := post(url)
	shut.Gate = func() error { return errors.New("lease lost") }
	noKey := post(strings.Replace(url, "http:", "https:", 1))
	noKey.Certificate = func() (*keys.Pair, error) { return nil, errors.New("not there") }
	crlf := post(url)
	crlf.Header = []Field{{"X", []Piece{{Secret: secret("a\r\nHost: evil")}}}}
	own := post(url)
	own.Header = []Field{{"transfer-encoding", []Piece{Text("chunked")}}}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		call *Call
		rule string
	}{
		"too late":        {nil, past, RuleGate},
		"gate":            {nil, shut, RuleGate},
		"no name":         {nil, post("https://nothing.invalid/"), RuleDNS},
		"refused":         {nil, post("http://127.0.0.1:1/"), RuleConnect},
		"no key":          {nil, noKey, RuleKey},
		"not TLS":         {nil, post(strings.Replace(url, "http:", "https:", 1)), RuleTLS},
		"line break":      {nil, crlf, RuleRequest},
		"own coding":      {nil, own, RuleRequest},
		"user in URL":     {nil, post("https://a:b@localhost/"), RuleRequest},
		"scheme":          {nil, post("ftp://localhost/"), RuleRequest},
		"method":          {nil, &Call{Method: "GET /x", URL: url}, RuleRequest},
		"canceled before": {canceled, post(url), RuleConnect},
	} {
		ctx := test.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		_, f := client().Send(ctx, test.call)
		if f == nil || f.Code != CodeConnect || f.Rule != test.rule && !(name == "no name" && f.Rule == RuleDNS) || f.Written != 0 {
			t.Errorf("%s: %v, want %s %s", name, f, CodeConnect, test.rule)
		}
		if f != nil && strings.Contains(f.Error(), "evil") {
			t.Errorf("%s: the failure shows a secret", name)
		}
	}
	if served.Load() != 0 {
		t.Errorf("%d requests were seen", served.Load())
	}
}

// The gate stands after the handshake: a process that was stopped in between
// finds it closed and writes nothing.
func TestGateStandsAfterHandshake(t *testing.T) {
	t.Parallel()
	requests := new(atomic.Int32)
	shaken := make(chan struct{}, 8)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	s.TLS = &tls.Config{VerifyConnection: func(tls.ConnectionState) error { shaken <- struct{}{}; return nil }}
	s.StartTLS()
	t.Cleanup(s.Close)
	late := time.Now().Add(time.Hour)
	c := client()
	c.Now = func() time.Time { return late }
	call := post(s.URL, "x")
	call.Roots = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	call.NotAfter = late
	asked := false
	call.Gate = func() error { asked = true; return nil }
	if _, f := c.Send(t.Context(), call); f == nil || f.Rule != RuleGate || asked {
		t.Errorf("%v, gate asked: %v", f, asked)
	}
	call.NotAfter = time.Time{}
	call.Gate = func() error { <-shaken; <-shaken; return errors.New("epoch 4, held 3") }
	if _, f := c.Send(t.Context(), call); f == nil || f.Code != CodeConnect || f.Rule != RuleGate {
		t.Errorf("%v", f)
	}
	call.Gate = nil
	if r, f := c.Send(t.Context(), call); f != nil || r.Status != 200 || requests.Load() != 1 {
		t.Errorf("%v %v, %d requests", r, f, requests.Load())
	}
}

func TestWriteDeadline(t *testing.T) {
	t.Parallel()
	stay := make(chan struct{})
	url, connections := raw(t, func(net.Conn) { <-stay })
	t.Cleanup(func() { close(stay) })
	call := post(url, strings.Repeat("x", 64<<20))
	// Set as late as possible, so that a busy machine does not pass it before.
	call.Gate = func() error { call.NotAfter = time.Now().Add(200 * time.Millisecond); return nil }
	_, f := client().Send(t.Context(), call)
	if f == nil || f.Code != CodeTimeout || f.Written == 0 || connections.Load() != 1 {
		t.Errorf("%v", f)
	}
}

func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	url, _ := raw(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
		_, _ = io.CopyN(io.Discard, c, 1<<20)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.CopyN(io.Discard, c, 1<<20)
	})
	r, f := client().Send(t.Context(), post(url, strings.Repeat("x", 1<<21)))
	if f != nil || r.Status != 413 {
		t.Errorf("%v %v", r, f)
	}
}

func TestNoConnectionIsUsedTwice(t *testing.T) {
	t.Parallel()
	url, connections := raw(t, func(c net.Conn) {
		for {
			if r, _ := readRequest(c); r == nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c := client()
	for range 3 {
		if _, f := c.Send(t.Context(), post(url)); f != nil {
			t.Fatal(f)
		}
	}
	if connections.Load() != 3 {
		t.Errorf("%d connections, want 3", connections.Load())
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	var none Policy
	for _, text := range []string{"127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "fe80::1", "fd00::1", "0.0.0.0", "::",
		"100.64.0.1", "224.0.0.1", "255.255.255.255", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1", "2001::1"} {
		if none.check(netip.MustParseAddr(text)) == nil {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8"} {
		if err := none.check(netip.MustParseAddr(text)); err != nil {
			t.Error(err)
		}
	}
	url, connections := raw(t, func(c net.Conn) { readRequest(c) })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(strings.TrimSuffix(url, "/x"), "http://"))
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		_, f := (&Client{}).Send(t.Context(), post("http://"+host+":"+port))
		if f == nil || f.Code != CodeConnect || f.Rule != RuleAddress && host != "localhost" {
			t.Errorf("%s: %v", host, f)
		}
	}
	if connections.Load() != 0 {
		t.Error("a private address was reached")
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	n := new(atomic.Int32)
	url, connections := raw(t, func(c net.Conn) {
		r, body := readRequest(c)
		if r == nil {
			return
		}
		switch n.Add(1) {
		case 1: // no answer
		case 2:
			_, _ = io.WriteString(c, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
		default:
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	})
	r, f := client().Ask(t.Context(), post(url, "que", "stion"))
	if f != nil || string(r.Body) != "question" || connections.Load() != 3 {
		t.Errorf("%v %v after %d connections", r, f, connections.Load())
	}
	down, connections := raw(t, func(c net.Conn) { readRequest(c) })
	if _, f := client().Ask(t.Context(), post(down)); f == nil || f.Code != CodeBroken || connections.Load() != 3 {
		t.Errorf("%v after %d connections", f, connections.Load())
	}
	busy, connections := raw(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n")
	})
	if r, f := client().Ask(t.Context(), post(busy)); f != nil || r.Status != 503 || connections.Load() != 1 {
		t.Errorf("%v %v after %d connections", r, f, connections.Load())
	}
	shut := post(down)
	shut.Gate = func() error { return errors.New("no") }
	if _, f := client().Ask(t.Context(), shut); f == nil || f.Rule != RuleGate {
		t.Errorf("%v", f)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, f := client().Ask(canceled, post(down)); f == nil || f.Code != CodeConnect {
		t.Errorf("%v", f)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 204\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &Client{MaxAnswer: 1 << 16}
		r, fail := c.read(&conn{Conn: pipe{strings.NewReader(string(b))}}, &request{method: "POST"})
		if (r == nil) == (fail == nil) {
			t.Errorf("response %v, failure %v", r, fail)
		}
	})
}

type pipe struct{ *strings.Reader }

func (pipe) Write(b []byte) (int, error)      { return len(b), nil }
func (pipe) Close() error                     { return nil }
func (pipe) LocalAddr() net.Addr              { return nil }
func (pipe) RemoteAddr() net.Addr             { return nil }
func (pipe) SetDeadline(time.Time) error      { return nil }
func (pipe) SetReadDeadline(time.Time) error  { return nil }
func (pipe) SetWriteDeadline(time.Time) error { return nil }
