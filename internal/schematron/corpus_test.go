package schematron

import (
	"bytes"
	"fmt"
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

// ruleSets are the names of the verdict tables with the entry file below the shared folder.
var ruleSets = addFamilies(map[string]string{
	"en16931-ubl":             "artifacts/en16931/ubl-schematron/EN16931-UBL-validation.sch",
	"en16931-cii":             "artifacts/en16931/cii-schematron/EN16931-CII-validation.sch",
	"en16931-edifact":         "artifacts/en16931/edifact-schematron/EN16931-EDIFACT-validation.sch",
	"peppol-bis3-ubl":         "artifacts/peppol/bis-billing-3-2026.5/PEPPOL-EN16931-UBL.sch",
	"peppol-bis3-ubl-sb":      "artifacts/peppol/bis-billing-3-2026.5/PEPPOL-EN16931-UBL-SB.sch",
	"peppol-bis3-cii":         "artifacts/peppol/bis-billing-3-repo/PEPPOL-EN16931-CII.sch",
	"peppol-bis3-ubl-2025q2":  "artifacts/peppol/bis-billing-3-repo/PEPPOL-EN16931-UBL.sch",
	"xrechnung-ubl":           "artifacts/xrechnung/schematron/ubl/XRechnung-UBL-validation.sch",
	"xrechnung-cii":           "artifacts/xrechnung/schematron/cii/XRechnung-CII-validation.sch",
	"xrechnung-merged-ubl":    "corpus/verdicts/derived/XRechnung-UBL-merged.sch",
	"xrechnung-merged-cii":    "corpus/verdicts/derived/XRechnung-CII-merged.sch",
	"facturx-minimum":         "artifacts/facturx/2.5.0-schematron-codedb/FACTUR-X_MINIMUM.sch",
	"facturx-basicwl":         "artifacts/facturx/2.5.0-schematron-codedb/FACTUR-X_BASIC-WL.sch",
	"facturx-basic":           "artifacts/facturx/2.5.0-schematron-codedb/FACTUR-X_BASIC.sch",
	"facturx-en16931":         "artifacts/facturx/2.5.0-schematron-codedb/FACTUR-X_EN16931.sch",
	"facturx-extended":        "artifacts/facturx/2.5.0-schematron-codedb/FACTUR-X_EXTENDED.sch",
	"peppol-mls":              "artifacts/peppol/mls/peppol-mls-1.0.1.sch",
	"fr-flux2-ubl":            "artifacts/france/ctc-1.4.0.03/20260804_BR-FR-Flux2-Schematron-UBL_V1.4.0.03.sch",
	"fr-flux2-cii":            "artifacts/france/ctc-1.4.0.03/20260804_BR-FR-Flux2-Schematron-CII_V1.4.0.03.sch",
	"fr-extended-ubl":         "artifacts/france/ctc-1.4.0.03/20260804_EXTENDED-CTC-FR-UBL-V1.4.0.03.sch",
	"fr-extended-cii":         "artifacts/france/ctc-1.4.0.03/20260804_EXTENDED-CTC-FR-CII-V1.4.0.03.sch",
	"fr-cdar":                 "artifacts/france/ctc-1.4.0.03/20260804_BR-FR-CDV-Schematron-CDAR_V1.4.0.03.sch",
	"pint-eu-en16931":         "artifacts/peppol/pint/eu-1.1.1/PINT-EN16931-aligned-rules.sch",
	"oioubl-invoice":          "artifacts/oioubl/3.0.1/OIOUBL-Invoice.sch",
	"oioubl-creditnote":       "artifacts/oioubl/3.0.1/OIOUBL-Creditnote.sch",
	"oioubl-invoice-response": "artifacts/oioubl/3.0.1/OIOUBL-Invoice-Response.sch",
})

// addFamilies adds the families of rule sets that share file names.
func addFamilies(ruleSets map[string]string) map[string]string {
	for name, dir := range map[string]string{"eu": "eu-1.1.1", "sg": "sg-1.4.1", "jp": "jp-1.1.3", "my": "my-1.3.1/billing", "my-sb": "my-1.3.1/selfbilling",
		"aunz": "aunz-1.1.3/billing", "aunz-sb": "aunz-1.1.3/selfbilling", "ae": "ae-2026.5/billing", "ae-sb": "ae-2026.5/selfbilling"} {
		ruleSets["pint-"+name+"-shared"] = "artifacts/peppol/pint/" + dir + "/PINT-UBL-validation-preprocessed.sch"
		ruleSets["pint-"+name+"-aligned"] = "artifacts/peppol/pint/" + dir + "/PINT-jurisdiction-aligned-rules.sch"
	}
	for _, t := range []string{"01", "16", "19", "58", "71", "76", "77", "110", "111", "114", "115", "116"} {
		ruleSets["peppol-poacc-t"+t] = "artifacts/peppol/poacc-2026.5/PEPPOLBIS-T" + t + ".sch"
	}
	return ruleSets
}

// The rule sets of all tests share one table of names, as in one process.
var (
	names    xmltree.Names
	compiled sync.Map // name -> func() (*RuleSet, error)
)

// ruleSet compiles a rule set once for all tests.
func ruleSet(t testing.TB, name string) *RuleSet {
	t.Helper()
	s, err := shippedSet(sharedtest.Root(t), name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func shippedSet(root, name string) (*RuleSet, error) {
	once, _ := compiled.LoadOrStore(name, sync.OnceValues(func() (*RuleSet, error) {
		file, ok := ruleSets[name]
		if !ok {
			return nil, fmt.Errorf("rule set %q has no file", name)
		}
		return load(root, file, &names)
	}))
	return once.(func() (*RuleSet, error))()
}

func load(dir, file string, names *xmltree.Names) (*RuleSet, error) {
	fsys := os.DirFS(dir)
	schema, problems := Read(fsys, file)
	if schema == nil {
		return nil, problems
	}
	set, more := Compile(schema, Options{Names: names, Files: fsys})
	if set == nil {
		return nil, more
	}
	if len(more) > 0 {
		return set, fmt.Errorf("%d problems, the first: %w", len(more), more[0])
	}
	return set, nil
}

// document returns the bytes of a document of a verdict table: a file, an instance
// in it (#n), or a mutation it declares (#mk, #mk.j).
func document(t testing.TB, name string) ([]byte, error) {
	t.Helper()
	file, part, _ := strings.Cut(name, "#")
	src, err := os.ReadFile(filepath.Join(sharedtest.Root(t), "corpus", file))
	if err != nil {
		return nil, err
	}
	switch {
	case part == "":
		return src, nil
	case part[0] == 'm':
		return mutation(src, part[1:])
	}
	n, err := strconv.Atoi(part)
	if err != nil {
		return nil, err
	}
	return cutInstance(src, n)
}

// cutInstance cuts the n-th document out of a test set or an envelope.
func cutInstance(src []byte, n int) ([]byte, error) {
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	count := 0
	for e := range xmltree.Node(d.Len()) {
		if d.Kind(e) != xmltree.ElementNode || e == d.Root() || !isInstance(d, e) {
			continue
		}
		if count++; count < n {
			continue
		}
		return subtree(d, e), nil
	}
	return nil, fmt.Errorf("only %d instances", count)
}

func isInstance(d *xmltree.Document, e xmltree.Node) bool {
	if p := d.Parent(e); d.Local(p) == "test" {
		return d.Local(e) != "assert" || d.Space(e) != d.Space(p)
	}
	return d.Local(d.Root()) != "testSet" && slices.Contains([]string{"Invoice", "CreditNote", "CrossIndustryInvoice"}, d.Local(e))
}

// subtree returns an element as a document, with the namespaces it inherits declared.
func subtree(d *xmltree.Document, e xmltree.Node) []byte {
	in := d.InScope(e)
	own := map[string]bool{}
	for p := range d.Declared(e) {
		own[p] = true
	}
	var decl strings.Builder
	for _, p := range sortedKeys(in) {
		if own[p] {
			continue
		}
		attr := " xmlns"
		if p != "" {
			attr += ":" + p
		}
		decl.WriteString(attr + `="` + in[p] + `"`)
	}
	src := d.Source(e)
	at := 1 + len(d.QName(e))
	return slices.Concat(src[:at], []byte(decl.String()), src[at:])
}

// edit replaces a range of bytes.
type edit struct {
	from, to int
	with     string
}

func apply(src []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.from < at { // inside what is replaced already
			continue
		}
		out.Write(src[at:e.from])
		out.WriteString(e.with)
		at = e.to
	}
	out.Write(src[at:])
	return out.Bytes()
}

// tagEnd returns the place after the ">" of the start tag of e, and whether it is an empty-element tag.
func tagEnd(src []byte, start int) (end int, empty bool) {
	var quote byte
	for i := start; ; i++ {
		switch c := src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1, src[i-1] == '/'
		}
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#13;", "\n", "&#10;", "\t", "&#9;")

// setText replaces the content of an element.
func setText(d *xmltree.Document, src []byte, e xmltree.Node, value string) edit {
	start, stop := d.Range(e)
	end, empty := tagEnd(src, start)
	v := escaper.Replace(value)
	if empty {
		return edit{end - 2, stop, ">" + v + "</" + d.QName(e) + ">"}
	}
	return edit{end, stop - len("</>") - len(d.QName(e)) - trailing(src[:stop]), v}
}

// trailing counts white space before the ">" of an end tag.
func trailing(src []byte) int {
	n := 0
	for i := len(src) - 2; src[i] == ' ' || src[i] == '\n' || src[i] == '\t' || src[i] == '\r'; i-- {
		n++
	}
	return n
}

// setAttr sets or, with remove, deletes an attribute.
func setAttr(d *xmltree.Document, src []byte, e xmltree.Node, name, value string, remove bool) (edit, bool) {
	for a, end := d.Attributes(e); a < end; a++ {
		if d.Local(a) != name || d.Space(a) != "" {
			continue
		}
		from, to := d.Range(a)
		if remove {
			return edit{from, to, ""}, true
		}
		return edit{from, to, name + `="` + escaper.Replace(value) + `"`}, true
	}
	start, _ := d.Range(e)
	at := start + 1 + len(d.QName(e))
	return edit{at, at, " " + name + `="` + escaper.Replace(value) + `"`}, !remove
}

// mutation carries out the k-th xmute instruction (its j-th value after a point).
func mutation(src []byte, which string) ([]byte, error) {
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(src, []byte("\xEF\xBB\xBF")) {
		src = src[3:]
	}
	ks, js, _ := strings.Cut(which, ".")
	k, _ := strconv.Atoi(ks)
	j, _ := strconv.Atoi(js)
	var edits []edit
	count := 0
	for n := range xmltree.Node(d.Len()) {
		if d.Kind(n) != xmltree.InstructionNode || d.Local(n) != "xmute" {
			continue
		}
		from, to := d.Range(n)
		edits = append(edits, edit{from, to, ""})
		if count++; count == k {
			e, err := mutate(d, src, n, max(j, 1))
			if err != nil {
				return nil, err
			}
			edits = append(edits, e)
		}
	}
	if count < k {
		return nil, fmt.Errorf("only %d instructions", count)
	}
	return apply(src, edits), nil
}

// pseudo returns a pseudo-attribute of an instruction.
func pseudo(s, name string) string {
	for {
		i := strings.Index(s, name+"=")
		if i < 0 {
			return ""
		}
		if i == 0 || strings.ContainsAny(s[i-1:i], " \t\r\n") {
			s = s[i+len(name)+1:]
			v, _, _ := strings.Cut(s[1:], s[:1])
			return v
		}
		s = s[i+1:]
	}
}

func mutate(d *xmltree.Document, src []byte, pi xmltree.Node, j int) (edit, error) {
	data := d.Value(pi)
	target := d.Next(pi)
	for target != xmltree.None && d.Kind(target) != xmltree.ElementNode {
		target = d.Next(target)
	}
	if target == xmltree.None {
		return edit{}, fmt.Errorf("no element after the instruction")
	}
	attribute := pseudo(data, "attribute")
	switch m := pseudo(data, "mutator"); m {
	case "code":
		sep := pseudo(data, "separator")
		if sep == "" {
			sep = ","
		}
		values := strings.Split(pseudo(data, "values"), sep)
		if j > len(values) {
			return edit{}, fmt.Errorf("only %d values", len(values))
		}
		v := strings.TrimSpace(values[j-1])
		if attribute != "" {
			e, _ := setAttr(d, src, target, attribute, v, false)
			return e, nil
		}
		return setText(d, src, target, v), nil
	case "remove":
		if attribute != "" {
			e, ok := setAttr(d, src, target, attribute, "", true)
			if !ok {
				return edit{}, fmt.Errorf("no attribute %s", attribute)
			}
			return e, nil
		}
		from, to := d.Range(target)
		return edit{from, to, ""}, nil
	case "empty":
		if attribute != "" {
			e, _ := setAttr(d, src, target, attribute, "", false)
			return e, nil
		}
		return setText(d, src, target, ""), nil
	default:
		return edit{}, fmt.Errorf("mutator %q", m)
	}
}
