package registry_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	containers "github.com/google/go-containerregistry/pkg/registry"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/registry"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
	"github.com/fiscus-project/fiscus/service/registries"
)

func release(t testing.TB, k *minisign.Key, version, text string) *life.Release {
	t.Helper()
	files := fstest.MapFS{"package.yaml": {Data: []byte("package: xz/slip\nversion: " + version + "\n")}, "rules/a.yaml": {Data: []byte(text)}}
	digest, err := load.DigestOf(files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := life.Complete(&engine.Package{ID: "xz/slip", Version: version, Digest: digest}, nil, "", life.Provenance{Engine: "test"})
	if err != nil {
		t.Fatal(err)
	}
	x := &life.Release{Record: r, Files: files}
	if x.Log, err = r.Logged(nil, "", life.Move{By: "ada"}, k); err != nil {
		t.Fatal(err)
	}
	x.Signature = r.Sign(k)
	return x
}

func published(t testing.TB, k *minisign.Key, x *life.Release) *life.Release {
	t.Helper()
	r, err := x.Record.Publish(life.Calendar{}, life.Calendar{}, "")
	if err != nil {
		t.Fatal(err)
	}
	y := &life.Release{Record: r, Files: x.Files}
	if y.Log, err = r.Logged(x.Log, x.Record.State, life.Move{By: "ben"}, k); err != nil {
		t.Fatal(err)
	}
	y.Signature = r.Sign(k)
	return y
}

func rule(err error) string {
	var p diag.Problem
	errors.As(err, &p)
	return p.Rule
}

func key(t testing.TB) *minisign.Key {
	t.Helper()
	k, err := minisign.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// server is a registry over TLS that asks for a password.
func server(t testing.TB, o ...containers.Option) (place string, options registries.Options) {
	t.Helper()
	h := containers.New(append(o, containers.Logger(log.New(io.Discard, "", 0)))...)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "canary" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return registries.Scheme + strings.TrimPrefix(s.URL, "https://") + "/tax", registries.Options{Roots: roots, Credential: "ada:canary"}
}

func open(t testing.TB, place string, o registries.Options) registry.Repository {
	t.Helper()
	o.Create = true
	r, err := registries.Open(t.Context(), place, "xz/slip", o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is pushed is pulled, from registries with and without referrers and
// from a folder, with the same digest everywhere.
func TestPushAndPull(t *testing.T) {
	t.Parallel()
	with, withOptions := server(t, containers.WithReferrersSupport(true))
	without, withoutOptions := server(t, containers.WithReferrersSupport(false))
	k := key(t)
	digests := map[string]bool{}
	for name, c := range map[string]struct {
		place   string
		options registries.Options
	}{"referrers": {with, withOptions}, "tags": {without, withoutOptions}, "folder": {t.TempDir(), registries.Options{}}} {
		to := open(t, c.place, c.options)
		x := release(t, k, "1.9.0", "a")
		digest, err := registry.Push(t.Context(), to, x)
		if err != nil {
			t.Fatal(name, err)
		}
		digests[digest] = true
		if again, err := registry.Push(t.Context(), to, x); err != nil || again != digest {
			t.Error(name, "pushed again", again, err)
		}
		if _, err := registry.Push(t.Context(), to, release(t, k, "1.9.0", "b")); rule(err) != registry.RuleTaken {
			t.Error(name, "other files", err)
		}
		if _, err := registry.Push(t.Context(), to, release(t, k, "1.10.0", "c")); err != nil {
			t.Error(name, err)
		}
		from := open(t, c.place, c.options)
		if list, err := registry.Versions(t.Context(), from); err != nil || !slices.Equal(list, []string{"1.10.0", "1.9.0"}) {
			t.Error(name, list, err)
		}
		for text, want := range map[string]string{
			"xz/slip": "1.10.0", "xz/slip@1.9.0": "1.9.0", "xz/slip@" + digest: "1.9.0", "xz/slip@1.9.0@" + digest: "1.9.0", "xz/slip@1.9.0@" + x.Record.Digest: "1.9.0",
			"xz/slip@1.10.0@" + digest: life.RuleDigest, "xz/slip@1.10.0@" + x.Record.Digest: life.RuleDigest, "xz/slip@3": registry.RuleMissing,
		} {
			ref, err := registry.ParseReference(text)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := registry.Pull(t.Context(), from, ref, []minisign.PublicKey{k.Public()})
			if err != nil {
				if rule(err) != want {
					t.Error(name, text, err)
				}
				continue
			}
			if got.Record.Version != want {
				t.Error(name, text, got.Record.Version)
			}
		}
		pulledState(t, name, from, x, k)
	}
	if len(digests) != 1 {
		t.Error("digests differ", digests)
	}
}

// pulledState checks that the record furthest on its way is taken, that a
// stranger's is not heard, and that his alone is refused.
func pulledState(t *testing.T, name string, to registry.Repository, x *life.Release, k *minisign.Key) {
	t.Helper()
	stranger := key(t)
	for _, y := range []*life.Release{published(t, k, x), published(t, stranger, release(t, stranger, "1.9.0", "a"))} {
		if _, err := registry.Push(t.Context(), to, y); err != nil {
			t.Fatal(name, err)
		}
	}
	ref := registry.Reference{ID: "xz/slip", Version: "1.9.0"}
	got, _, err := registry.Pull(t.Context(), to, ref, []minisign.PublicKey{k.Public()})
	if err != nil || got.Record.State != life.Published || got.Signer != k.Public().Name() {
		t.Error(name, got, err)
	}
	if _, _, err := registry.Pull(t.Context(), to, ref, []minisign.PublicKey{key(t).Public()}); rule(err) != minisign.RuleKey {
		t.Error(name, "nobody is trusted", err)
	}
}

// Whatever byte of a layout is changed, it is refused, or what is pulled is
// what was pushed.
func TestAnyByteOfALayoutCounts(t *testing.T) {
	t.Parallel()
	k := key(t)
	dir := t.TempDir()
	x := release(t, k, "1.9.0", "a")
	if _, err := registry.Push(t.Context(), open(t, dir, registries.Options{}), x); err != nil {
		t.Fatal(err)
	}
	refused, tried := 0, 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for i := 0; i < len(data); i += 1 + len(data)/200 {
			bad := bytes.Clone(data)
			bad[i] ^= 1
			if err := os.WriteFile(name, bad, 0o600); err != nil {
				return err
			}
			tried++
			if pulled(t.Context(), dir, k) == x.Record.Digest {
				continue // of an index only notes for people, and space, may differ
			}
			refused++
		}
		if filepath.Base(filepath.Dir(name)) == "sha256" && refused == 0 {
			t.Errorf("%s: nothing was refused", name)
		}
		return os.WriteFile(name, data, 0o600)
	})
	if err != nil || pulled(t.Context(), dir, k) != x.Record.Digest {
		t.Fatal(err)
	}
	t.Logf("%d of %d changes refused, the others made no difference", refused, tried)
}

func pulled(ctx context.Context, dir string, k *minisign.Key) string {
	r, err := registries.Open(ctx, dir, "xz/slip", registries.Options{})
	if err != nil {
		return ""
	}
	x, _, err := registry.Pull(ctx, r, registry.Reference{ID: "xz/slip", Version: "1.9.0"}, []minisign.PublicKey{k.Public()})
	if err != nil {
		return ""
	}
	d, err := load.DigestOf(x.Files)
	if err != nil || d != x.Record.Digest {
		return "not verified"
	}
	return d
}

// Registries that can't be used are told in plain words, without the password.
func TestRegistryErrors(t *testing.T) {
	t.Parallel()
	place, options := server(t)
	noRoots, badLogin, plain := options, options, options
	noRoots.Roots = x509.NewCertPool()
	badLogin.Credential = "ada:canary2"
	plain.PlainHTTP = true
	for name, c := range map[string]struct {
		place string
		o     registries.Options
		want  string
	}{
		"another's certificate": {place, noRoots, registry.RuleFailed},
		"a wrong password":      {place, badLogin, registry.RuleFailed},
		"plain HTTP to TLS":     {place, plain, registry.RuleFailed},
		"nobody listens":        {"oci://127.0.0.1:1/x", options, registry.RuleFailed},
		"plain HTTP elsewhere":  {"oci://registry.example/x", plain, registries.RuleAddress},
		"no such scheme":        {"ftp://registry.example/x", options, registries.RuleAddress},
		"no address":            {"oci://UPPER case", options, registries.RuleAddress},
		"an empty folder":       {t.TempDir(), options, registry.RuleMissing},
		"an empty registry":     {place, options, registry.RuleMissing},
	} {
		r, err := registries.Open(t.Context(), c.place, "xz/slip", c.o)
		if err == nil {
			_, _, err = registry.Pull(t.Context(), r, registry.Reference{ID: "xz/slip"}, nil)
		}
		if rule(err) != c.want || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: want %s, got %v", name, c.want, err)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "xz", "xz/slip@", "xz/slip@1@2", "xz/../slip@1", "xz/slip@../1", "xz/slip@sha256:a@sha256:b"} {
		if r, err := registry.ParseReference(text); err == nil {
			t.Errorf("%q is %+v", text, r)
		}
	}
}
