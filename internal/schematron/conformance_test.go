package schematron

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// row is a row of a verdict table.
type row struct {
	document, set string
	fired         int
	failed        string
	reports       string
	err           string
}

// verdicts reads a table of the corpus as maps by column.
func verdicts(t testing.TB, name string) []map[string]string {
	lines := strings.Split(strings.TrimRight(string(sharedtest.Read(t, "corpus", "verdicts", name)), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	var out []map[string]string
	for _, l := range lines[1:] {
		m := map[string]string{}
		for i, v := range strings.Split(l, "\t") {
			m[head[i]] = v
		}
		out = append(out, m)
	}
	return out
}

// summary writes findings as the tables do: id:flag=count.
func summary(r *Result, report bool) string {
	count := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Err != nil || f.Check.Report != report {
			continue
		}
		flag := f.Check.Flag
		if flag == "" {
			flag = "-"
		}
		count[f.ID()+":"+flag]++
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, k+"="+strconv.Itoa(count[k]))
	}
	return strings.Join(parts, ";")
}

// judge compares a run with a row. "" is agreement.
func judge(r *Result, want row) string {
	var errs []string
	for i := range r.Findings {
		if e := r.Findings[i].Err; e != nil {
			errs = append(errs, r.Findings[i].ID()+": "+e.Error())
		}
	}
	if want.err != "" {
		if len(errs) > 0 || !r.Passed() {
			return ""
		}
		return "the processor raised an error, we pass"
	}
	var diff []string
	if len(errs) > 0 {
		diff = append(diff, "error "+errs[0])
	}
	if got := summary(r, false); got != want.failed {
		diff = append(diff, fmt.Sprintf("failed %q, want %q", got, want.failed))
	}
	if got := summary(r, true); got != want.reports {
		diff = append(diff, fmt.Sprintf("reports %q, want %q", got, want.reports))
	}
	if r.Fired != want.fired {
		diff = append(diff, fmt.Sprintf("fired %d, want %d", r.Fired, want.fired))
	}
	return strings.Join(diff, "; ")
}

// differences are the rows where we differ for a reason. The table may only shrink.
func differences(t testing.TB) map[string]string {
	b, err := os.ReadFile("../../testdata/conformance/schematron-differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(l, "\t")
		if len(f) != 5 || f[3] == "" || f[4] == "" {
			t.Fatalf("differences: want document, rule set, rules, reason, second processor: %q", l)
		}
		out[f[0]+"\t"+f[1]] = f[3]
	}
	return out
}

// tally counts the rows of one table.
type tally struct {
	mu                      sync.Mutex
	passed, skipped, failed int
}

func (y *tally) print(t *testing.T, table string) {
	t.Logf("%s: %d passed, %d skipped, %d failed", table, y.passed, y.skipped, y.failed)
}

// sampled says whether a row is run: every row of `make conform` or FISCUS_FULL=1, else every step-th.
func sampled(i, step int) bool {
	return sharedtest.Full() || os.Getenv("FISCUS_CONFORM") == "1" || i%step == 0
}

func (y *tally) judge(t *testing.T, known map[string]string, want row, doc *xmltree.Document) {
	set, err := shippedSet(sharedtest.Root(t), want.set)
	if err != nil {
		t.Errorf("%s: %v", want.set, err)
		return
	}
	doc.Sync()
	r, err := set.Validate(doc)
	if err != nil {
		t.Errorf("%s %s: %v", want.document, want.set, err)
		return
	}
	diff := judge(r, want)
	reason, expected := known[want.document+"\t"+want.set]
	y.mu.Lock()
	defer y.mu.Unlock()
	switch {
	case diff == "" && expected:
		y.failed++
		t.Errorf("%s %s: agrees now, remove it from the differences (%s)", want.document, want.set, reason)
	case diff == "":
		y.passed++
	case expected:
		y.skipped++
		t.Logf("skipped: %s %s: %s", want.document, want.set, reason)
	default:
		y.failed++
		if y.failed <= 200 {
			t.Errorf("%s %s: %s", want.document, want.set, diff)
		}
	}
}

// TestConformance compares each run with the stored verdict of the reference processor.
func TestConformance(t *testing.T) {
	sharedtest.Root(t)
	known := differences(t)
	for _, table := range []string{"en16931", "edifact", "facturx", "france", "oioubl", "peppol-bis3", "peppol-mls", "peppol-pint", "peppol-poacc", "xrechnung"} {
		t.Run(table, func(t *testing.T) {
			rows := verdicts(t, table+".tsv")
			var y tally
			parallel(len(rows), func(i int) {
				v := rows[i]
				want := row{v["document"], v["ruleset"], number(v["fired_rules"]), v["failed_asserts"], v["successful_reports"], v["error"]}
				if want.set != "-" && !sampled(i, 3) {
					return
				}
				src, err := document(t, want.document)
				if err != nil {
					t.Errorf("%s: %v", want.document, err)
					return
				}
				doc, err := xmltree.Parse(src, xmltree.Options{Names: &names})
				if want.set == "-" { // not well-formed
					if err == nil {
						t.Errorf("%s: was parsed", want.document)
					}
					return
				}
				if err != nil {
					t.Errorf("%s: %v", want.document, err)
					return
				}
				y.judge(t, known, want, doc)
			})
			y.print(t, table)
		})
	}
	t.Run("mutants", func(t *testing.T) { mutants(t, known) })
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }

// parallel runs f for 0..n-1 on two goroutines.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range next {
				f(i) // must not call FailNow: the other rows would wait for ever
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func mutants(t *testing.T, known map[string]string) {
	rows := verdicts(t, "mutants.tsv")
	var y tally
	parallel(len(rows), func(i int) {
		v := rows[i]
		if !sampled(i, 3) {
			return
		}
		src, err := mutant(t, v)
		if err != nil {
			t.Errorf("%s: %v", v["mutant"], err)
			return
		}
		for _, kind := range []string{"en16931", "peppol"} {
			doc, err := xmltree.Parse(src, xmltree.Options{Names: &names})
			if err != nil {
				t.Errorf("%s: %v", v["mutant"], err)
				return
			}
			y.judge(t, known, row{v["mutant"], v[kind+"_ruleset"], number(v[kind+"_fired"]), v[kind+"_failed"], v[kind+"_reports"], v[kind+"_error"]}, doc)
		}
	})
	y.print(t, "mutants")
}

var mutantSpaces = map[string]string{
	"inv": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
	"cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2", "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
	"ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
	"rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
	"udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100", "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}

// mutant re-creates a row of mutants.tsv and checks it by the digest of its canonical form.
func mutant(t testing.TB, v map[string]string) ([]byte, error) {
	src, err := os.ReadFile(filepath.Join(sharedtest.Root(t), "corpus", v["base"]))
	if err != nil {
		return nil, err
	}
	src = []byte(strings.TrimPrefix(string(src), "\xEF\xBB\xBF"))
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	if v["operation"] != "none" {
		paths, ops, values := strings.Split(v["xpath"], " ;; "), strings.Split(v["operation"], " ;; "), splitValues(v["value"], len(strings.Split(v["operation"], " ;; ")))
		var edits []edit
		for i := range paths {
			e, err := mutantEdits(d, src, paths[i], ops[i], values[i])
			if err != nil {
				return nil, err
			}
			edits = append(edits, e...)
		}
		src = apply(src, edits)
		if d, err = xmltree.Parse(src, xmltree.Options{}); err != nil {
			return nil, err
		}
	}
	out := xmltree.C14N{}.Append(nil, d, 0)
	if sum := sha256.Sum256(out); hex.EncodeToString(sum[:]) != v["c14n_sha256"] {
		return nil, fmt.Errorf("re-created with another digest")
	}
	return out, nil
}

// splitValues takes 'a' ;; 'b' apart; a step without value is empty.
func splitValues(s string, n int) []string {
	parts := strings.Split(s, " ;; ")
	for len(parts) < n {
		parts = append(parts, "")
	}
	for i, p := range parts {
		if p = strings.TrimSpace(p); len(p) >= 2 && p[0] == '\'' {
			p = strings.TrimSuffix(p[1:], "'")
		}
		parts[i] = p
	}
	return parts
}

func mutantEdits(d *xmltree.Document, src []byte, path, op, value string) ([]edit, error) {
	path, attr, _ := strings.Cut(path, "/@")
	n := xmltree.Node(0)
	for _, step := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		name, k, _ := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		prefix, local, _ := strings.Cut(name, ":")
		left := number(k)
		found := xmltree.None
		for c := range d.Elements(n) {
			if d.Local(c) == local && d.Space(c) == mutantSpaces[prefix] {
				if left--; left == 0 {
					found = c
					break
				}
			}
		}
		if found == xmltree.None {
			return nil, fmt.Errorf("no element %s", path)
		}
		n = found
	}
	from, to := d.Range(n)
	switch op {
	case "set-text":
		return []edit{setText(d, src, n, value)}, nil
	case "set-attr", "delete-attr":
		e, ok := setAttr(d, src, n, attr, value, op == "delete-attr")
		if !ok {
			return nil, fmt.Errorf("no attribute %s", attr)
		}
		return []edit{e}, nil
	case "delete":
		return []edit{{from, to, ""}}, nil
	case "duplicate":
		return []edit{{to, to, string(d.Source(n))}}, nil
	case "rename":
		q := d.QName(n)
		name := value
		if p := d.Prefix(n); p != "" {
			name = p + ":" + value
		}
		edits := []edit{{from + 1, from + 1 + len(q), name}}
		if end, empty := tagEnd(src, from); !empty || end != to {
			at := to - 1 - trailing(src[:to]) - len(q)
			edits = append(edits, edit{at, at + len(q), name})
		}
		return edits, nil
	}
	return nil, fmt.Errorf("operation %q", op)
}

// TestShippedRuleSets compiles every rule set that profiles name: no wrong and no
// unsupported expression, so that no fallback to another processor is needed.
func TestShippedRuleSets(t *testing.T) {
	t.Parallel()
	root := sharedtest.Root(t)
	checks := 0
	for _, name := range slices.Sorted(maps.Keys(ruleSets)) {
		s, err := shippedSet(root, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checks += s.Checks
	}
	t.Logf("%d rule sets with %d checks passed", len(ruleSets), checks)
}
