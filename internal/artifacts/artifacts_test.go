package artifacts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

const catalog = `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
 <uri name="http://example.org/sig.xsd" uri="one/sig.xsd"/>
 <rewriteURI uriStartString="http://example.org/all/" rewritePrefix="two/base/"/>
</catalog>`

func collection() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"catalog.xml":       file(catalog),
		"one/sig.xsd":       file("<a/>"),
		"one/SOURCE.md":     file("# one\n| origin | commit | version | licence |\n|---|---|---|---|\n| example/one | abc | 1.2 | MIT |\n"),
		"two/base/t.xsd":    file("<b/>"),
		"two/derived/d.xsd": file("<c/>"),
		"two/.hidden":       file("no"),
	}
}

func open(t *testing.T, dir string) *artifacts.Store {
	t.Helper()
	s, err := artifacts.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rule(err error) string {
	var p diag.Problem
	var l diag.List
	switch {
	case errors.As(err, &p):
		return p.Rule
	case errors.As(err, &l):
		return l[0].Rule
	}
	return ""
}

func TestImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	last := 0
	made, err := s.Import(collection(), artifacts.Manifest{}, func(done, total int) { last = done*100 + total })
	if err != nil || len(made) != 2 || last != 404 {
		t.Fatalf("%v, %d bundles, progress %d", err, len(made), last)
	}
	if m := made[0]; m.ID != "one" || m.Version != "1.2" || m.Source != "example/one@abc" || m.Licence != "MIT" || m.Redistributable || !strings.HasPrefix(m.Digest, "h1:") {
		t.Errorf("manifest %+v", m)
	}
	again := open(t, dir)
	if probs := again.Verify(nil); len(probs) != 0 {
		t.Errorf("verify: %v", probs)
	}
	lib, err := again.Library(artifacts.Choice{Pin: map[string]string{"one": made[0].Digest}})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := lib.Read("one/sig.xsd"); err != nil || string(data) != "<a/>" {
		t.Errorf("read: %q, %v", data, err)
	}
	for address, want := range map[string]string{
		"http://example.org/sig.xsd": "one/sig.xsd", "http://example.org/all/t.xsd": "two/base/t.xsd", "http://example.org/x": "", "../two/base/t.xsd": "two/base/t.xsd", `..\one\sig.xsd`: "one/sig.xsd",
	} {
		if got, _ := lib.Resolve("one/sig.xsd", address); got != want {
			t.Errorf("%s: want %q, got %q", address, want, got)
		}
	}
	if !lib.StandIn("two/derived/d.xsd") || lib.StandIn("two/base/t.xsd") {
		t.Error("stand-ins")
	}
	if _, err := lib.Read("two/base/none.xsd"); rule(err) != artifacts.RuleAbsent {
		t.Errorf("absent file: %v", err)
	}
	if _, err := again.Library(artifacts.Choice{Pin: map[string]string{"one": "h1:other"}}); rule(err) != artifacts.RuleAbsent {
		t.Errorf("pin that nothing fulfils: %v", err)
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := open(t, dir).Import(collection(), artifacts.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	blobs, _ := filepath.Glob(filepath.Join(dir, "blobs", "*", "*"))
	if err := os.WriteFile(blobs[0], []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(blobs[1]); err != nil {
		t.Fatal(err)
	}
	probs := open(t, dir).Verify(nil)
	got := map[string]int{}
	for _, p := range probs {
		got[p.Rule]++
	}
	if got[artifacts.RuleDigest] != 1 || got[artifacts.RuleAbsent] != 1 {
		t.Errorf("got %v", probs)
	}
	manifests, _ := filepath.Glob(filepath.Join(dir, "manifests", "*"))
	text, _ := os.ReadFile(manifests[0])
	if err := os.WriteFile(manifests[0], bytes.Replace(text, []byte(`"size"`), []byte(`"path": "../../x", "size"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := artifacts.Open(dir); rule(err) != artifacts.RuleManifest {
		t.Errorf("changed manifest: %v", err)
	}
}

func TestVersionsByDay(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for _, v := range []artifacts.Manifest{{ID: "x", Version: "1", ValidTo: "2024-12-31"}, {ID: "x", Version: "2", ValidFrom: "2025-01-01"}} {
		if _, err := s.Import(fstest.MapFS{"a": {Data: []byte(v.Version)}}, v, nil); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, s.Dir())
	for day, want := range map[string]string{"2024-06-01": "1", "2025-01-01": "2", "": "2"} {
		lib, err := s.Library(artifacts.Choice{Day: day})
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := lib.Read("x/a"); string(data) != want {
			t.Errorf("%s: want %s, got %s", day, want, data)
		}
	}
	lib, err := s.Library(artifacts.Choice{Pin: map[string]string{"x": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := lib.Bundle("x"); !ok || m.Version != "1" {
		t.Error("pin by version")
	}
}

func TestImportFrom(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"top/a.xsd", "top/b/c.xsd", "../evil.xsd"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(name))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/x.zip" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive.Bytes())
	}))
	defer server.Close()
	s := open(t, t.TempDir())
	made, err := s.ImportFrom(context.Background(), server.URL+"/x.zip", artifacts.Manifest{ID: "z"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made[0].Files {
		if strings.Contains(f.Path, "..") {
			t.Errorf("path %q", f.Path)
		}
	}
	for _, from := range []string{server.URL + "/none", "http://example.org/x.zip", "/does/not/exist"} {
		if _, err := s.ImportFrom(context.Background(), from, artifacts.Manifest{ID: "z"}, nil); rule(err) != artifacts.RuleImport {
			t.Errorf("%s: %v", from, err)
		}
	}
	if _, err := s.Import(fstest.MapFS{"a": {}}, artifacts.Manifest{ID: "Not Good"}, nil); rule(err) != artifacts.RuleImport {
		t.Errorf("bad id: %v", err)
	}
}

func TestPlainFolder(t *testing.T) {
	t.Parallel()
	s := open(t, sharedtest.Path(t, "artifacts"))
	if !s.Plain() || len(s.Bundles()) < 10 || len(s.Addresses()) == 0 {
		t.Fatalf("plain %v, %d bundles", s.Plain(), len(s.Bundles()))
	}
	lib, err := s.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	b := s.Bundles()[0]
	list := lib.List(b.ID, ".")
	if len(list) == 0 || !lib.Has(b.ID+"/"+list[0]) {
		t.Errorf("bundle %s lists %d files", b.ID, len(list))
	}
	if stamp, err := lib.Stamp(b.ID + "/" + list[0]); err != nil || stamp == "" {
		t.Errorf("stamp: %v", err)
	}
	for _, p := range s.Verify(nil) {
		if p.Grave() {
			t.Errorf("verify: %v", p)
		}
	}
	if _, err := s.Import(collection(), artifacts.Manifest{}, nil); rule(err) != artifacts.RuleImport {
		t.Errorf("import into a plain folder: %v", err)
	}
}

func TestReadCatalogRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"<x/>", "<catalog/>", "no"} {
		if _, err := artifacts.ReadCatalog([]byte(src), "."); err == nil {
			t.Errorf("%s: accepted", src)
		}
	}
}

func TestCompiled(t *testing.T) {
	t.Parallel()
	c := artifacts.NewCompiled(filepath.Join(t.TempDir(), "new", "folder"))
	if _, ok := c.Get("k"); ok {
		t.Error("an empty cache has an entry")
	}
	if err := c.Put("k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if v, ok := c.Get("k"); !ok || string(v) != "v" {
		t.Errorf("got %q", v)
	}
	if err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Get("k"); ok {
		t.Error("cleared cache has an entry")
	}
}
