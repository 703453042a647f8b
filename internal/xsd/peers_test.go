package xsd_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// BenchmarkTableXSDPeers times libxml2 on the same documents: many files in one
// process of xmllint, start and compilation of the schema subtracted. That is its best case.
func BenchmarkTableXSDPeers(b *testing.B) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		b.Skip("xmllint is not installed")
	}
	root := sharedtest.Path(b, "artifacts")
	for name, src := range samples(b) {
		dir := b.TempDir()
		entry, count := filepath.Join(root, ublSchema), 400
		if strings.HasPrefix(name, "cfdi") {
			entry, count = driver(b, dir, root, cfdi), 100
		}
		if strings.HasSuffix(name, "1000") {
			count = 20
		}
		file := filepath.Join(dir, "d.xml")
		if err := os.WriteFile(file, src, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run("libxml2 parse+validate/"+name, func(b *testing.B) {
			best := math.Inf(1)
			for range 3 {
				few, many := judgeTime(b, xmllint, root, entry, file, 1), judgeTime(b, xmllint, root, entry, file, 1+count)
				best = min(best, float64(many-few)/float64(count))
			}
			for b.Loop() {
			}
			b.ReportMetric(best, "ns/op")
		})
	}
}

func judgeTime(b *testing.B, xmllint, root, entry, file string, count int) time.Duration {
	args := []string{"--noout", "--nonet", "--schema", entry}
	for range count {
		args = append(args, file)
	}
	cmd := exec.Command(xmllint, args...)
	cmd.Env = append(os.Environ(), "XML_CATALOG_FILES="+filepath.Join(root, "catalog.xml"))
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("xmllint: %v\n%.300s", err, out)
	}
	return time.Since(start)
}

// exponent fits time = c * lines^e over 10 to 10,000 lines, parsing included.
func exponent(tb testing.TB) float64 {
	s := compiled.get(tb, ublSchema)
	base := sharedtest.Read(tb, "corpus", "peppol-bis3", "peppol-bis-invoice-3", "examples", "base-example.xml")
	var x, y []float64
	for _, n := range []int{10, 100, 1000, 10_000} {
		src := lines(base, "cac:InvoiceLine", n)
		best := time.Hour
		for range 5 {
			start := time.Now()
			doc, err := xmltree.Parse(src, xmltree.Options{Names: compiled.names})
			if err != nil {
				tb.Fatal(err)
			}
			if probs := s.Validate(doc); len(probs) > 0 {
				tb.Fatal(probs)
			}
			doc.Release()
			best = min(best, time.Since(start))
		}
		x, y = append(x, math.Log(float64(n))), append(y, math.Log(float64(best)))
	}
	return slope(x, y)
}

func slope(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

func BenchmarkTableXSDExponent(b *testing.B) {
	e := exponent(b)
	for b.Loop() {
	}
	b.ReportMetric(e, "exponent")
	b.ReportMetric(0, "ns/op")
}

// TestLinear guards that the time grows with the document and no faster. The
// machine may be busy: the best of a few attempts counts.
func TestLinear(t *testing.T) {
	best := math.Inf(1)
	for range 4 {
		if best = min(best, exponent(t)); best <= 1.1 {
			return
		}
	}
	t.Errorf("time grows with the power %.2f of the number of lines, at most 1.1 is linear", best)
}
