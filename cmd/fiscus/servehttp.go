package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/api"
	"github.com/fiscus-project/fiscus/service/durable"
	"github.com/fiscus-project/fiscus/service/events"
	"github.com/fiscus-project/fiscus/service/store"
)

// theTenant is who a data folder belongs to.
const theTenant = "default"

// listening are the flags of the HTTP interface.
type listening struct {
	address   string
	cert, key string // PEM files
	urlFile   string
}

// told is how far back a starting service looks for events that a crash kept
// from being told.
const told = 7 * 24 * time.Hour

// startHTTP serves the HTTP interface until stop is called, which lets requests
// that are under way come to their end.
func (a *app) startHTTP(ctx context.Context, o *serving, e *engine.Engine, log *store.Store, w *durable.Worker) (stop func() error, err error) {
	telling := e.Hands().Log
	if err := events.Sweep(ctx, log, time.Now().Add(-told), time.Now()); err != nil {
		return nil, exit(exitEnvironment, err)
	}
	keys := &keyFile{name: filepath.Join(a.data, dataKeys)}
	h := api.New(api.Options{Version: Version, Keys: keys, Now: time.Now, MaxDocument: maxDocument,
		Sites: map[string]*api.Site{theTenant: {Engine: e, Log: telling, Wake: func(id string) { _ = w.Wake(context.WithoutCancel(ctx), id) }}}})
	l, scheme, err := o.http.listen()
	if err != nil {
		return nil, err
	}
	url := scheme + "://" + l.Addr().String()
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	if o.http.urlFile != "" {
		if err := replaceFile(o.http.urlFile, []byte(url)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := a.say(map[string]string{"role": "api", "url": url}, "the interface is at %s, its description at %s/openapi.json\n", url, url); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return func() error {
		h.Close()
		until, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := s.Shutdown(until)
		if e := <-done; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}, nil
}

// listen opens the address. Without a certificate only this machine itself is
// listened to: keys are never read from an open line.
func (l *listening) listen() (net.Listener, string, error) {
	ln, err := net.Listen("tcp", l.address)
	if err != nil {
		return nil, "", exit(exitEnvironment, err)
	}
	if l.cert == "" && l.key == "" {
		if at, ok := ln.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
			return nil, "", errors.Join(exit(exitUsage, fmt.Errorf("%s can be reached from elsewhere, and there is no certificate\n    hint: --tls-cert and --tls-key, or --listen 127.0.0.1:PORT behind something that has one", l.address)), ln.Close())
		}
		return ln, "http", nil
	}
	pair, err := tls.LoadX509KeyPair(l.cert, l.key)
	if err != nil {
		return nil, "", errors.Join(exit(exitEnvironment, err), ln.Close())
	}
	return tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), "https", nil
}

// keyFile finds API keys in a file of the data folder; a key that was made or
// taken back counts from the next request on.
type keyFile struct {
	name string

	mu   sync.Mutex
	read time.Time // change of the file that ring is of
	size int64
	ring api.Ring
}

// Principal returns who holds a key.
func (k *keyFile) Principal(ctx context.Context, key string, now time.Time) (api.Principal, error) {
	ring, err := k.current()
	if err != nil {
		return api.Principal{}, err
	}
	return ring.Principal(ctx, key, now)
}

func (k *keyFile) current() (api.Ring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.name)
	if err != nil {
		return nil, err
	}
	if info.ModTime().Equal(k.read) && info.Size() == k.size {
		return k.ring, nil
	}
	ring, err := readKeys(k.name)
	if err != nil {
		return nil, err
	}
	k.read, k.size, k.ring = info.ModTime(), info.Size(), ring
	return ring, nil
}
