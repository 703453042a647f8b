package bytes_test

import (
	"archive/zip"
	stdbytes "bytes"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packing "github.com/fiscus-project/fiscus/actions/bytes"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

func run(t *testing.T, spec *engine.Spec, with map[string]any) ([]byte, error) {
	t.Helper()
	all := map[string]any{"store": false}
	maps.Copy(all, with)
	out, err := spec.Run(t.Context(), engine.NewStep("pack", all, nil, formula.NewScope(nil), engine.StepHands{}))
	if err != nil {
		return nil, err
	}
	return out["out"].([]byte), nil
}

var two = []any{map[string]any{"name": "a/invoice.xml", "in": []byte("<Invoice/>")}, map[string]any{"name": "b.txt", "in": strings.Repeat("ä", 500)}}

func TestZip(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 23, 59, 58, 0, time.FixedZone("", -3*3600))
	for _, store := range []bool{false, true} {
		got, err := run(t, packing.Zip(), map[string]any{"files": two, "at": at, "store": store})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := run(t, packing.Zip(), map[string]any{"files": two, "at": at, "store": store})
		if !stdbytes.Equal(got, again) {
			t.Error("the same files gave two archives")
		}
		r, err := zip.NewReader(stdbytes.NewReader(got), int64(len(got)))
		if err != nil || len(r.File) != 2 {
			t.Fatal(err)
		}
		for i, f := range r.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(in)
			want := two[i].(map[string]any)
			text, ok := want["in"].(string)
			if !ok {
				text = string(want["in"].([]byte))
			}
			if err != nil || f.Name != want["name"] || string(b) != text || !f.Modified.Equal(at) {
				t.Errorf("%s %s %q, %v", f.Name, f.Modified, b, err)
			}
		}
	}
}

// Another program unpacks what was packed.
func TestUnzipTakesIt(t *testing.T) {
	t.Parallel()
	got, err := run(t, packing.Zip(), map[string]any{"in": []byte("<Invoice/>"), "name": "invoice.xml"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.zip"), got, 0o600); err != nil {
		t.Fatal(err)
	}
	unzip := sharedtest.Oracle(t, "unzip")
	out, err := exec.Command(unzip, "-p", filepath.Join(dir, "x.zip"), "invoice.xml").CombinedOutput()
	if err != nil || string(out) != "<Invoice/>" {
		t.Errorf("%s, %v", out, err)
	}
}

func TestZipRefuses(t *testing.T) {
	t.Parallel()
	one := func(name string, in any) []any { return []any{map[string]any{"name": name, "in": in}} }
	for name, c := range map[string]struct {
		with map[string]any
		want string
	}{
		"nothing":       {map[string]any{}, "either in with name, or files"},
		"both":          {map[string]any{"in": []byte("x"), "files": two}, "either in with name, or files"},
		"no name":       {map[string]any{"in": []byte("x")}, `"" is no name`},
		"above":         {map[string]any{"files": one("../x", "y")}, "no name of a file"},
		"absolute":      {map[string]any{"files": one("/etc/x", "y")}, "no name of a file"},
		"drive":         {map[string]any{"files": one(`c:\x`, "y")}, "no name of a file"},
		"folder":        {map[string]any{"files": one("a/", "y")}, "no name of a file"},
		"roundabout":    {map[string]any{"files": one("a/../b", "y")}, "no name of a file"},
		"no bytes":      {map[string]any{"files": one("x", nil)}, "has no bytes"},
		"twice":         {map[string]any{"files": append(one("x", "1"), one("x", "2")...)}, "file 2: the name \"x\" stands twice"},
		"all at once":   {map[string]any{"files": append(one("../x", "1"), one("/x", "2")...)}, "file 2"},
		"not a file":    {map[string]any{"files": []any{"x"}}, "no name of a file"},
		"far too many":  {map[string]any{"files": make([]any, 10_001)}, "10000 are the most"},
		"line in names": {map[string]any{"files": one("a\nb", "1")}, "no name of a file"},
	} {
		if _, err := run(t, packing.Zip(), c.with); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("<Line/>", 1000)
	got, err := run(t, packing.Gzip(), map[string]any{"in": []byte(text)})
	if err != nil || len(got) > len(text)/10 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	r, err := gzip.NewReader(stdbytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil || string(b) != text || r.Name != "" || !r.ModTime.IsZero() {
		t.Errorf("%d bytes, name %q, time %s, %v", len(b), r.Name, r.ModTime, err)
	}
}
