package lint

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestGraphGolden(t *testing.T) {
	t.Parallel()
	p, problems := load.Load(base(), loadtest.Registry(), nil)
	if p == nil {
		t.Fatal(problems)
	}
	golden(t, "testdata/base.dot", DOT(p))
	golden(t, "testdata/base.svg", SVG(p))
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs: run with -update and look at it\n%s", file, got)
	}
}

// The drawing is XML, and every step stands in it.
func TestDrawingIsWhole(t *testing.T) {
	t.Parallel()
	p, _ := load.Load(base(), loadtest.Registry(), nil)
	svg := SVG(p)
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range p.Flows {
		for _, s := range f.Steps {
			if !strings.Contains(svg, ">"+s.ID) {
				t.Errorf("%s/%s is not drawn", f.Name, s.ID)
			}
		}
	}
}
