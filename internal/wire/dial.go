package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
)

// conn is a connection that counts what it hands to the network.
type conn struct {
	net.Conn // the one to talk through: TLS if there is TLS
	written  *atomic.Int64
	modern   bool // TLS 1.3: the server judges our certificate after our side of the handshake
}

type counter struct {
	net.Conn
	n atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// dial opens a fresh connection and finishes the handshake. Every failure is
// CodeConnect: no byte of the request exists yet on the wire.
func (c *Client) dial(ctx context.Context, call *Call, req *request) (*conn, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(c.Connect, 30*time.Second))
	defer cancel()
	d := net.Dialer{KeepAlive: -1, ControlContext: c.control}
	raw, err := d.DialContext(ctx, "tcp", req.address())
	if err != nil {
		return nil, dialFailure(err, req)
	}
	counted := &counter{Conn: raw}
	listed := c.Policy.listed(remote(raw))
	if req.scheme == "http" {
		if req.secret && !listed {
			_ = raw.Close()
			return nil, failure(CodeConnect, RulePlain, nil, "a secret would travel in clear: use https")
		}
		return &conn{Conn: counted, written: &counted.n}, nil
	}
	t, fail := c.handshake(ctx, counted, call, req, listed)
	if fail != nil {
		_ = raw.Close()
		return nil, fail
	}
	return &conn{Conn: t, written: &counted.n, modern: t.ConnectionState().Version >= tls.VersionTLS13}, nil
}

// control refuses an address at the last moment, after name resolution, so
// that a name cannot point elsewhere between check and use.
func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return c.Policy.check(at.Addr())
}

func remote(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr()
}

func dialFailure(err error, req *request) *Failure {
	var private privateError
	var dns *net.DNSError
	switch {
	case errors.As(err, &private):
		return failure(CodeConnect, RuleAddress, err, "%s: %s", req.host, private)
	case errors.As(err, &dns) && dns.IsNotFound:
		return failure(CodeConnect, RuleDNS, err, "name %s does not exist", req.host)
	case errors.As(err, &dns):
		return failure(CodeConnect, RuleDNS, err, "name %s was not resolved", req.host)
	case isTimeout(err):
		return failure(CodeConnect, RuleConnect, err, "%s did not take the connection in time", req.address())
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure(CodeConnect, RuleConnect, err, "%s refused the connection", req.address())
	}
	return failure(CodeConnect, RuleConnect, err, "no connection to %s", req.address())
}

func (c *Client) handshake(ctx context.Context, raw net.Conn, call *Call, req *request, listed bool) (*tls.Conn, *Failure) {
	config := &tls.Config{ServerName: req.host, RootCAs: call.Roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if c.LegacyTLS {
		config.CipherSuites = allSuites()
	}
	if call.Certificate != nil {
		pair, err := call.Certificate()
		if err != nil {
			return nil, failure(CodeConnect, RuleKey, err, "client certificate: %v", err)
		}
		if pair.StandIn && !listed {
			return nil, failure(CodeConnect, RuleStandIn, nil, "a stand-in certificate must not leave: set up the real one")
		}
		offer(config, pair)
	}
	t := tls.Client(raw, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, failure(CodeConnect, RuleTLS, err, "handshake with %s: %v", req.address(), err)
	}
	return t, nil
}

// offer sets the certificate that the client shows. With Config.Certificates
// Go shows none when the server lists other authorities; some servers ask only
// after they have read the request, which is a renegotiation.
func offer(config *tls.Config, pair *keys.Pair) {
	own := pair.TLS()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	config.Renegotiation = tls.RenegotiateOnceAsClient
}

// allSuites lists Go's secure suites and, after them, those with RSA key
// exchange and AES.
func allSuites() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	return append(ids, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}
