// Package simulate puts a simulated authority behind real HTTPS on loopback,
// with client certificates where the package asks for them, and keeps the
// authority's own log on disk: the judge of what was sent and how often.
//
// Begin with Start.
package simulate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/engine/simulator"
)

// MaxRequest is the size in bytes of the largest request that is read.
const MaxRequest = 32 << 20

// Config says how a simulator is served.
type Config struct {
	Address   string // host:port; port 0 takes a free one
	ClientTLS bool   // a client certificate is required
	Log       string // file the authority's log is appended to; empty: none
	New       func(observe func(context.Context, simulator.Event) error) *simulator.Authority
}

// Server is a running simulator.
type Server struct {
	authority *simulator.Authority
	identity  *identity
	listener  net.Listener
	http      *http.Server
	log       *log
	done      chan error
	faults    faults
}

// Start listens and serves until Close.
func Start(c Config) (*Server, error) {
	id, err := newIdentity(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := openLog(c.Log)
	if err != nil {
		return nil, err
	}
	s := &Server{identity: id, log: l, done: make(chan error, 1)}
	s.authority = c.New(s.log.write)
	plain, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", c.Address, err), l.close())
	}
	s.listener = plain
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{id.server}, NextProtos: []string{"http/1.1"}}
	if c.ClientTLS {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 30 * time.Second, ErrorLog: nil}
	s.http.ErrorLog = quiet()
	go func() { s.done <- s.http.Serve(tls.NewListener(&door{plain, s.authority}, config)) }()
	return s, nil
}

// URL returns the base address: "https://127.0.0.1:4711".
func (s *Server) URL() string { return "https://" + s.listener.Addr().String() }

// Roots returns the pool that trusts this server.
func (s *Server) Roots() *x509.CertPool { return s.identity.roots() }

// RootPEM returns the certificate that trusts this server, as PEM.
func (s *Server) RootPEM() []byte { return s.identity.pem }

// Authority returns the authority behind the server.
func (s *Server) Authority() *simulator.Authority { return s.authority }

// Faults returns what went wrong in the simulator file itself.
func (s *Server) Faults() []error { return s.faults.all() }

// Close stops serving and closes the log.
func (s *Server) Close() error {
	err := s.http.Close()
	if e := <-s.done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.log.close())
}

// door turns connections away at once while the authority refuses them.
type door struct {
	net.Listener
	authority *simulator.Authority
}

// Accept returns the next connection that is let in.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil || !d.authority.Refuses() {
			return c, err
		}
		_ = c.Close()
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err != nil {
		http.Error(w, "request too large or cut", http.StatusBadRequest)
		return
	}
	out, err := s.authority.Handle(r.Context(), simulator.Request{Method: r.Method, Path: r.URL.Path, Body: body,
		Header: func(name string) (string, bool) {
			v, ok := r.Header[http.CanonicalHeaderKey(name)]
			return first(v), ok
		}})
	if err != nil {
		s.faults.add(err)
		http.Error(w, "simulator: "+err.Error(), http.StatusNotImplemented)
		return
	}
	s.answer(w, r, out)
}

func first(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, out *simulator.Outcome) {
	if out.Delay > 0 {
		select {
		case <-time.After(out.Delay):
		case <-r.Context().Done():
			return
		}
	}
	for k, v := range out.Headers {
		w.Header().Set(k, v)
	}
	if out.Lose || out.Drop {
		cut(w)
		return
	}
	if out.Garble {
		w.Header().Set("Content-Length", fmt.Sprint(len(out.Body)))
		w.WriteHeader(out.Status)
		_, _ = w.Write(out.Body[:len(out.Body)/2])
		cut(w)
		return
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body)
}

// cut breaks the line under the answer.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, buf, err := h.Hijack(); err == nil {
			_ = buf.Flush()
			_ = c.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// log appends one line a request, on disk before the request is answered.
type log struct {
	mu   sync.Mutex
	file *os.File
}

func openLog(path string) (*log, error) {
	if path == "" {
		return &log{}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of the simulator: %w", err)
	}
	return &log{file: f}, nil
}

func (l *log) write(_ context.Context, e simulator.Event) error {
	if l.file == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *log) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

type faults struct {
	mu   sync.Mutex
	list []error
}

func (f *faults) add(err error) { f.mu.Lock(); f.list = append(f.list, err); f.mu.Unlock() }

func (f *faults) all() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]error(nil), f.list...)
}
