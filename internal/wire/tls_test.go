package wire

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

func pair(t *testing.T, by *keys.Pair, name string, ca bool) *keys.Pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.Leaf, by.Signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &keys.Pair{Signer: key, Leaf: leaf}
}

func pool(p ...*keys.Pair) *x509.CertPool {
	out := x509.NewCertPool()
	for _, x := range p {
		out.AddCert(x.Leaf)
	}
	return out
}

func have(p *keys.Pair) func() (*keys.Pair, error) {
	return func() (*keys.Pair, error) { return p, nil }
}

// A server that lists authorities which did not issue our certificate gets it
// all the same and decides by itself.
func TestMutualTLSWithOtherAuthoritiesListed(t *testing.T) {
	t.Parallel()
	server, other := pair(t, nil, "server", true), pair(t, nil, "other authority", true)
	issuer := pair(t, nil, "issuer", true)
	own := pair(t, issuer, "holder", false)
	own.Chain = []*x509.Certificate{issuer.Leaf}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := len(r.TLS.PeerCertificates); n != 2 {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
		}))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{server.TLS()}, ClientAuth: tls.RequestClientCert, ClientCAs: pool(other), MaxVersion: version}
		s.Config.ErrorLog = quiet
		s.StartTLS()
		t.Cleanup(s.Close)
		call := post(s.URL, "x")
		call.Roots, call.Certificate = pool(server), have(own)
		if r, f := client().Send(t.Context(), call); f != nil || string(r.Body) != "holder" {
			t.Errorf("TLS %x: %v %v", version, r, f)
		}
		call.Roots = pool(other)
		if _, f := client().Send(t.Context(), call); f == nil || f.Code != CodeConnect || f.Rule != RuleTLS {
			t.Errorf("TLS %x: an unknown server was trusted: %v", version, f)
		}
	}
}

// A refused client certificate is known to have stopped the request, in
// TLS 1.3 too, where the refusal comes after our side of the handshake.
func TestRefusedClientCertificate(t *testing.T) {
	t.Parallel()
	server, other := pair(t, nil, "server", true), pair(t, nil, "other authority", true)
	own := pair(t, nil, "self-made", false)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, certificate := range map[string]func() (*keys.Pair, error){"wrong": have(own), "none": nil} {
			served := new(atomic.Int32)
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{server.TLS()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool(other), MaxVersion: version}
			s.Config.ErrorLog = quiet
			s.StartTLS()
			t.Cleanup(s.Close)
			call := post(s.URL, "x")
			call.Roots, call.Certificate = pool(server), certificate
			_, f := client().Send(t.Context(), call)
			if f == nil || f.Code != CodeConnect || f.Rule != RuleTLS || served.Load() != 0 {
				t.Errorf("TLS %x, %s: %v, served %d", version, name, f, served.Load())
			}
		}
	}
}

func TestStandInStays(t *testing.T) {
	t.Parallel()
	p, err := keys.StandIn("Acme", keys.Describe{Curve: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	call := &Call{Certificate: have(p)}
	if _, f := client().handshake(t.Context(), a, call, &request{host: "x"}, false); f == nil || f.Rule != RuleStandIn {
		t.Errorf("%v", f)
	}
}

// The server reads the request, asks for a certificate by renegotiation, and
// answers only then. Go's server cannot do that, so OpenSSL plays it.
func TestRenegotiation(t *testing.T) {
	t.Parallel()
	openssl := sharedtest.Oracle(t, "openssl")
	server, own := pair(t, nil, "server", true), pair(t, nil, "holder of the late certificate", false)
	text, err := server.PEM()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.CommandContext(t.Context(), openssl, "s_server", "-accept", address, "-cert", file, "-tls1_2", "-naccept", "1")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	said := make(chan string, 1)
	ready := make(chan struct{})
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
			switch {
			case lines.Text() == "ACCEPT":
				close(ready)
			case strings.Contains(lines.Text(), "end of request"):
				_, _ = io.WriteString(in, "R\n") // renegotiate and ask for a certificate
			case strings.Contains(lines.Text(), "holder of the late certificate"):
				_, _ = io.WriteString(in, "HTTP/1.1 200 OK\nContent-Length: 3\n\nyes\n")
			}
		}
		said <- all.String()
	}()
	<-ready
	call := post("https://"+address, "end of request\n")
	call.Roots, call.Certificate = pool(server), have(own)
	call.Timeout = 10 * time.Second
	r, f := client().Send(t.Context(), call)
	if f != nil || r.Status != 200 || string(r.Body) != "yes" {
		_ = cmd.Process.Kill()
		t.Errorf("%v %v\n%s", r, f, <-said)
	}
}

var quiet = log.New(io.Discard, "", 0)

// Only before any answer does a refused certificate prove that nothing was
// taken in, and only in TLS 1.3.
func TestRefusalProvesNothingAfterAnAnswer(t *testing.T) {
	t.Parallel()
	alert := &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}
	for name, test := range map[string]struct {
		modern, begun bool
		want          string
	}{
		"refused":          {true, false, CodeConnect},
		"within an answer": {true, true, CodeBroken},
		"TLS 1.2":          {false, false, CodeBroken},
	} {
		if f := classify(t.Context(), &conn{modern: test.modern}, readFailure(alert, test.begun)); f.Code != test.want {
			t.Errorf("%s: %v, want %s", name, f, test.want)
		}
	}
}
