package schematron

import (
	"syscall"
	"time"

	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// benchBase is a small, valid invoice; lines are repeated with new numbers.
const benchBase = "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"

// invoiceOf returns a valid invoice of n lines, made from the base by repeating its lines.
func invoiceOf(t testing.TB, n int) []byte {
	src := sharedtest.Read(t, "corpus", benchBase)
	src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []xmltree.Node
	for e := range d.Elements(d.Root()) {
		if d.Local(e) == "InvoiceLine" {
			lines = append(lines, e)
		}
	}
	first, _ := d.Range(lines[0])
	_, last := d.Range(lines[len(lines)-1])
	var b bytes.Buffer
	b.Write(src[:first])
	for i := range n {
		l := string(d.Source(lines[i%len(lines)]))
		at := strings.Index(l, "<cbc:ID>")
		end := strings.Index(l, "</cbc:ID>")
		fmt.Fprintf(&b, "%s<cbc:ID>%d%s\n    ", l[:at], i+1, l[end:])
	}
	b.Write(src[last:])
	return b.Bytes()
}

// BenchmarkTable prints the rows of the comparison: rule set and lines, parse included.
func BenchmarkTable(b *testing.B) {
	for _, set := range []string{"en16931-ubl", "peppol-bis3-ubl"} {
		for _, lines := range []int{5, 100, 1000, 10000} {
			b.Run(fmt.Sprintf("%s/lines=%d/engine=fiscus", set, lines), func(b *testing.B) {
				rules := ruleSet(b, set)
				src := invoiceOf(b, lines)
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				before := cpuTime()
				for b.Loop() {
					d, err := xmltree.Parse(src, xmltree.Options{Names: &names})
					if err != nil {
						b.Fatal(err)
					}
					if r, err := rules.Validate(d); err != nil || r.Fired == 0 {
						b.Fatal(err, r)
					}
					d.Release()
				}
				b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-us/op")
			})
		}
	}
}

// cpuTime is the processor time this process has used: on a busy machine it tells
// more than the wall clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
