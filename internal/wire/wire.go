// Package wire is the only transport of Fiscus: HTTP/1.1 over TLS or, where
// nothing secret travels, in clear.
//
// Begin with Client. Send makes one exchange and never a second one: a fresh
// connection, no retry, no redirect, nothing that could replay the body. It
// writes the request itself instead of using net/http's transport, which sends
// a POST again in some cases (an Idempotency-Key header is enough). Ask is for
// calls that change nothing at the other end and may repeat them a few times.
//
// What went wrong is told by a Failure whose Code is one of the transport
// codes of the package language. CodeConnect promises that the other side
// cannot have seen the request; every other code leaves it open.
package wire

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
)

// Transport codes of the package language.
const (
	CodeConnect    = "CONNECT"    // nothing was sent: name, connection, handshake, or the gate was closed
	CodeTimeout    = "TIMEOUT"    // sent in part or whole, no whole answer in time
	CodeBroken     = "BROKEN"     // the connection ended before the answer was whole
	CodeUnreadable = "UNREADABLE" // what came back is no HTTP answer or is too large
	CodeDNSNone    = "DNS-NONE"   // the name does not exist
)

// Rules of problems that this package raises.
const (
	RuleRequest = "NET-REQUEST-INVALID" // URL or header that cannot be written
	RuleAddress = "NET-ADDRESS-PRIVATE" // the address is not public and not listed
	RulePlain   = "NET-PLAIN-SECRET"    // a secret over a connection in clear
	RuleStandIn = "NET-STANDIN-KEY"     // a stand-in certificate would leave
	RuleGate    = "NET-GATE-CLOSED"     // lease lost or too late
	RuleDNS     = "NET-DNS"             // name not resolved
	RuleConnect = "NET-CONNECT"         // refused, unreachable
	RuleTLS     = "NET-TLS"             // handshake failed
	RuleKey     = "NET-TLS-KEY"         // client certificate not available
	RuleTimeout = "NET-TIMEOUT"
	RuleBroken  = "NET-BROKEN"
	RuleAnswer  = "NET-ANSWER" // not HTTP, or too large
)

// Revealer is a secret that gives itself away only to the transport.
type Revealer interface{ RevealBytes() []byte }

// A Piece is either bytes or the slot of a secret, filled when written.
type Piece struct {
	Bytes  []byte
	Secret Revealer
}

// Text is a Piece of plain text.
func Text(s string) Piece { return Piece{Bytes: []byte(s)} }

// A Field is a header line. Its value may hold secrets.
type Field struct {
	Name  string
	Value []Piece
}

// A Call is one request, complete and exact.
type Call struct {
	Method string
	URL    string
	Header []Field // written in this order; Host, Content-Length and Connection are the transport's
	Body   []Piece
	// Certificate gives the client's key when the server may ask for it; nil:
	// none. It is offered whatever authorities the server lists.
	Certificate func() (*keys.Pair, error)
	// Roots are the authorities that the server's certificate must come from;
	// nil: those of the system.
	Roots *x509.CertPool
	// Timeout bounds the whole exchange; zero: the default of the Client.
	Timeout time.Duration
	// NotAfter is the instant after which no byte may be written; zero: none.
	NotAfter time.Time
	// Gate is asked once, after the handshake and just before the first byte
	// of the request. An error closes it: nothing is written.
	Gate func() error
}

// A Response is an answer as received.
type Response struct {
	Status   int
	Header   [][2]string // in the order received, names as written by the server
	Body     []byte      // transfer coding and a gzip content coding undone, nothing else
	Received time.Time   // when the last byte was read
}

// Get returns the first header field of that name, case ignored.
func (r *Response) Get(name string) string {
	for _, f := range r.Header {
		if equalFold(f[0], name) {
			return f[1]
		}
	}
	return ""
}

// A Failure says why there is no answer. It holds no secret.
type Failure struct {
	Code    string // transport code
	Rule    string // NET- or SIG- rule
	Reason  string // for people: lower case, no full stop
	Written int64  // bytes of the request, as encrypted, that were handed to the network
	Err     error

	begun bool // a part of an answer was read
}

// Error gives reason, code and rule.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s [%s]", f.Code, f.Reason, f.Rule) }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func failure(code, rule string, err error, format string, args ...any) *Failure {
	return &Failure{Code: code, Rule: rule, Reason: fmt.Sprintf(format, args...), Err: err}
}

// A Client makes calls. The zero value refuses addresses that are not public.
// It is safe for concurrent use and keeps no connection.
type Client struct {
	Policy     Policy
	Connect    time.Duration // for name, connection and handshake; zero: 30 s
	Total      time.Duration // for a whole exchange; zero: 60 s
	MaxAnswer  int64         // bytes of a body; zero: 64 MiB
	LegacyTLS  bool          // also offer RSA key exchange, for servers that have nothing newer
	Now        func() time.Time
	UserAgent  string        // zero: "fiscus"
	RetryWait  time.Duration // Ask: wait before the first repetition; zero: 1 s
	RetryLimit int           // Ask: repetitions at most; zero: 2, negative: none
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Client) maxAnswer() int64 { return orDefault(c.MaxAnswer, 64<<20) }

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Send makes the call once. Exactly one of the results is nil.
func (c *Client) Send(ctx context.Context, call *Call) (*Response, *Failure) {
	req, fail := c.request(call)
	if fail != nil {
		return nil, fail
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(call.Timeout, orDefault(c.Total, time.Minute)))
	defer cancel()
	conn, fail := c.dial(ctx, call, req)
	if fail != nil {
		return nil, fail
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if fail := c.pass(call); fail != nil {
		return nil, fail
	}
	return c.exchange(ctx, conn, call, req)
}

// pass asks the clock and the gate whether the request may still leave.
func (c *Client) pass(call *Call) *Failure {
	if !call.NotAfter.IsZero() && !c.now().Before(call.NotAfter) {
		return failure(CodeConnect, RuleGate, nil, "too late to send: the call was good until %s", call.NotAfter.UTC().Format(time.RFC3339))
	}
	if call.Gate == nil {
		return nil
	}
	if err := call.Gate(); err != nil {
		return failure(CodeConnect, RuleGate, err, "the gate is closed: %v", err)
	}
	return nil
}

func (c *Client) exchange(ctx context.Context, conn *conn, call *Call, req *request) (*Response, *Failure) {
	before := conn.written.Load()
	fail := write(ctx, conn, call, req)
	written := conn.written.Load() - before
	if fail != nil && written == 0 {
		fail.Code = CodeConnect
		return nil, fail
	}
	if fail != nil {
		// A server may answer before it has read everything, and close.
		_ = conn.SetReadDeadline(time.Now().Add(lateAnswer))
	}
	r, unread := c.read(conn, req)
	if unread == nil {
		r.Received = c.now()
		return r, nil
	}
	if unread = classify(ctx, conn, unread); fail == nil || unread.Code == CodeConnect {
		fail = unread
	}
	fail.Written = written
	return nil, fail
}

// lateAnswer is how long an answer is waited for after the request could not
// be written to its end.
const lateAnswer = 2 * time.Second

func write(ctx context.Context, conn *conn, call *Call, req *request) *Failure {
	if deadline := call.NotAfter; !deadline.IsZero() {
		if d, ok := ctx.Deadline(); !ok || deadline.Before(d) {
			_ = conn.SetWriteDeadline(deadline)
		}
	}
	if _, err := conn.Write(req.bytes); err != nil {
		return ioFailure(ctx, err, "request could not be written")
	}
	_ = conn.SetWriteDeadline(time.Time{})
	if ctx.Err() != nil { // the deadline just lifted was that of the context
		_ = conn.SetDeadline(time.Unix(1, 0))
	}
	return nil
}

// request is a call in its written form; it holds secrets in clear.
type request struct {
	method, scheme, host, port string
	secret                     bool
	bytes                      []byte
}

func join(pieces []Piece) (out []byte, secret bool) {
	var b bytes.Buffer
	for _, p := range pieces {
		if p.Secret != nil {
			secret = true
			b.Write(p.Secret.RevealBytes())
			continue
		}
		b.Write(p.Bytes)
	}
	return b.Bytes(), secret
}
