// Package registries opens the places packages are pushed to and pulled from:
// a registry on the network, or a folder in OCI image layout.
//
// Begin with Open.
//
// It promises: TLS 1.2 at least, certificates are always verified, and plain
// HTTP only to the own machine and only when it is asked for; credentials go to
// the registry they are for and into no message.
package registries

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"

	"github.com/fiscus-project/fiscus/configpkg/registry"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// RuleAddress is raised for an address that can't be a registry's.
const RuleAddress = "NET-REGISTRY-ADDRESS" // the address of a registry can't be used

// Scheme begins the address of a registry on the network; anything else is a folder.
const Scheme = "oci://"

// Options say how a registry is reached.
type Options struct {
	Roots      *x509.CertPool // nil: those of the system
	PlainHTTP  bool           // only for the own machine
	Credential string         // "user:password" or a token; empty: what docker is logged in with
	Agent      string         // named to the registry
	Create     bool           // make a folder that is not there
}

// Open returns the repository of a package at a place: "oci://host/path", or a folder.
func Open(ctx context.Context, place, id string, o Options) (registry.Repository, error) {
	address, remote := strings.CutPrefix(place, Scheme)
	if !remote {
		if strings.Contains(place, "://") {
			return nil, diag.Problem{Rule: RuleAddress, Message: fmt.Sprintf("%q is neither a registry nor a folder", place), Hint: "write oci://host/path, or the name of a folder"}
		}
		return folder(ctx, filepath.Join(place, filepath.FromSlash(id)), o.Create)
	}
	return network(strings.TrimSuffix(address, "/")+"/"+id, o)
}

// folder opens an image layout.
func folder(ctx context.Context, dir string, create bool) (registry.Repository, error) {
	_, err := os.Stat(filepath.Join(dir, "oci-layout"))
	switch {
	case errors.Is(err, os.ErrNotExist) && !create:
		return nil, diag.Problem{Rule: registry.RuleMissing, Message: "no package is in " + dir, Hint: "fiscus package push puts it there"}
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, diag.Problem{Rule: registry.RuleFailed, Message: err.Error(), Err: err}
	}
	s, err := oci.NewWithContext(ctx, dir)
	if err != nil {
		return nil, diag.Problem{Rule: registry.RuleContent, Message: dir + " is no image layout: " + err.Error(), Err: err}
	}
	return s, nil
}

func network(name string, o Options) (registry.Repository, error) {
	r, err := remote.NewRepository(name)
	if err != nil {
		return nil, diag.Problem{Rule: RuleAddress, Message: fmt.Sprintf("%q is no address in a registry: %v", name, err), Err: err}
	}
	if o.PlainHTTP && !loopback(r.Reference.Host()) {
		return nil, diag.Problem{Rule: RuleAddress, Message: "plain HTTP is only for a registry on this machine, not for " + r.Reference.Host()}
	}
	r.PlainHTTP = o.PlainHTTP
	client := &auth.Client{Client: &http.Client{Timeout: 5 * time.Minute, Transport: transport(o.Roots)}, Cache: auth.NewCache()}
	client.SetUserAgent(o.Agent)
	if client.Credential, err = credential(r.Reference.Host(), o.Credential); err != nil {
		return nil, err
	}
	r.Client = client
	return r, nil
}

func transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: 15 * time.Second}).DialContext, TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: time.Minute}
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func credential(host, given string) (auth.CredentialFunc, error) {
	if user, password, ok := strings.Cut(given, ":"); ok {
		return auth.StaticCredential(host, auth.Credential{Username: user, Password: password}), nil
	}
	if given != "" {
		return auth.StaticCredential(host, auth.Credential{AccessToken: given}), nil
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, diag.Problem{Rule: registry.RuleFailed, Message: "the log-ins of docker can't be read", Hint: "name a secret with --login, or mend the file config.json of docker"}
	}
	return credentials.Credential(store), nil
}
