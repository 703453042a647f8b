package schematron

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lestrrat-go/helium"
	"github.com/lestrrat-go/helium/xpath3"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
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

// peers reports whether the benchmarks run other processors too.
func peers() bool { return os.Getenv("FISCUS_BENCH") == "1" }

// BenchmarkTableSchematron prints the rows of the comparison: rule set and lines,
// parsing included. On a busy machine cpu-us/op tells more than the wall clock.
func BenchmarkTableSchematron(b *testing.B) {
	for _, set := range []string{"en16931-ubl", "peppol-bis3-ubl"} {
		for _, lines := range []int{5, 100, 1000, 10000} {
			src := invoiceOf(b, lines)
			b.Run(fmt.Sprintf("%s/lines=%d/engine=fiscus", set, lines), func(b *testing.B) { benchFiscus(b, set, src) })
			if peers() && lines <= 1000 {
				b.Run(fmt.Sprintf("%s/lines=%d/engine=saxon", set, lines), func(b *testing.B) { benchSaxon(b, set, src) })
			}
			if peers() && lines <= 100 && set == "en16931-ubl" {
				b.Run(fmt.Sprintf("%s/lines=%d/engine=helium", set, lines), func(b *testing.B) { benchHelium(b, set, src) })
			}
		}
	}
}

func benchFiscus(b *testing.B, set string, src []byte) {
	rules := ruleSet(b, set)
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
}

// benchSaxon takes the average that the reference processor prints for its own warm runs.
func benchSaxon(b *testing.B, set string, src []byte) {
	repeat := 200
	if len(src) > 100_000 {
		repeat = 30
	}
	_, ms := saxonRun(b, set, src, repeat)
	for b.Loop() { // measured by the process itself
	}
	b.ReportMetric(ms*1e6, "ns/op")
}

// benchHelium evaluates the asserts of the rules that fire with the other Go
// processor. That it is told which rules fire is to its advantage.
func benchHelium(b *testing.B, set string, src []byte) {
	rules := ruleSet(b, set)
	d, err := xmltree.Parse(src, xmltree.Options{Names: &names})
	if err != nil {
		b.Fatal(err)
	}
	r, err := rules.Trace(d)
	if err != nil {
		b.Fatal(err)
	}
	eval := xpath3.NewEvaluator(xpath3.DefaultEvaluatorOptions).Namespaces(rules.ns)
	type firing struct {
		at    *xpath3.Expression
		tests []*xpath3.Expression
	}
	var all []firing
	compiled := map[string]*xpath3.Expression{}
	expression := func(e string) *xpath3.Expression {
		if compiled[e] == nil {
			compiled[e] = xpath3.NewCompiler().MustCompile(e)
		}
		return compiled[e]
	}
	for _, f := range r.Firings {
		x := firing{at: expression(xpath.Path(d, f.Node))}
		for _, c := range f.Rule.Checks {
			x.tests = append(x.tests, expression("boolean("+c.Test+")"))
		}
		all = append(all, x)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := helium.NewParser().Parse(b.Context(), src)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range all {
			res, err := eval.Evaluate(b.Context(), f.at, doc)
			if err != nil {
				b.Fatal(err)
			}
			nodes, _ := res.Nodes()
			for _, x := range f.tests {
				_, _ = eval.Evaluate(b.Context(), x, nodes[0])
			}
		}
	}
}

// BenchmarkTableSchematronCompile prints what reading and compiling a rule set costs.
func BenchmarkTableSchematronCompile(b *testing.B) {
	fsys := os.DirFS(sharedtest.Root(b))
	for _, set := range []string{"en16931-ubl", "peppol-bis3-ubl", "xrechnung-ubl", "facturx-en16931"} {
		b.Run(set, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				schema, problems := Read(fsys, ruleSets[set])
				if schema == nil {
					b.Fatal(problems)
				}
				if s, problems := Compile(schema, Options{Names: new(xmltree.Names), Files: fsys}); s == nil {
					b.Fatal(problems)
				}
			}
		})
	}
}

// TestLinear checks without a peer that ten times the lines cost about ten times
// the work, by the number of allocations and by time.
func TestLinear(t *testing.T) {
	for _, set := range []string{"en16931-ubl", "peppol-bis3-ubl"} {
		rules := ruleSet(t, set)
		measure := func(lines int) (best time.Duration, allocs float64) {
			src := invoiceOf(t, lines)
			judge := func() {
				d, err := xmltree.Parse(src, xmltree.Options{Names: &names})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := rules.Validate(d); err != nil {
					t.Fatal(err)
				}
				d.Release()
			}
			best = time.Hour
			for range 5 {
				start := cpuTime()
				judge()
				best = min(best, cpuTime()-start)
			}
			return best, testing.AllocsPerRun(2, judge)
		}
		small, few := measure(200)
		large, many := measure(2000)
		t.Logf("%s: 200 lines %v, %.0f allocations; 2,000 lines %v, %.0f allocations", set, small, few, large, many)
		if many > 12*few+1000 {
			t.Errorf("%s: %.0f allocations for 200 lines, %.0f for 2,000", set, few, many)
		}
		if large > 30*small {
			t.Errorf("%s: %v for 200 lines, %v for 2,000", set, small, large)
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
