package profiles_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/profiles"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/packages"
)

func read(t testing.TB) profiles.Data {
	t.Helper()
	data, probs := profiles.Read(packages.Files(), "profiles")
	if len(probs) > 0 {
		t.Fatal(probs)
	}
	if len(data.Profiles) < 40 {
		t.Fatalf("only %d profiles", len(data.Profiles))
	}
	return data
}

func engine(t testing.TB) *profile.Engine {
	t.Helper()
	data := read(t)
	store, err := artifacts.Open(sharedtest.Path(t, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	var sets []profile.Ruleset
	for _, s := range data.Rulesets {
		if s.Kind == "xsd" {
			sets = append(sets, s)
		}
	}
	for i, p := range data.Profiles { // rule sets of other kinds have their own tests
		var kept []string
		for _, l := range p.Layers {
			for _, s := range sets {
				if s.Name == l {
					kept = append(kept, l)
				}
			}
		}
		data.Profiles[i].Layers = kept
	}
	e, probs := profile.New(profile.Options{Profiles: data.Profiles, Rulesets: sets, Library: lib})
	if len(probs) > 0 {
		t.Fatal(probs)
	}
	return e
}

// incomplete lists the profiles whose files are not all in the collection.
var incomplete = map[string]string{
	"cfdi-retenciones-2.0": "a catalogue it imports is missing",
	"smp-1.0":              "the schema of WS-Addressing it imports is missing",
}

// TestSchemasCompile compiles the schema of each profile and root.
func TestSchemasCompile(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, p := range e.Profiles() {
		for _, root := range p.Roots {
			if len(p.Roots) > 30 && !sharedtest.Full() && root > "D" && root != "Invoice" {
				continue
			}
			src := `<` + root + ` xmlns="` + strings.ReplaceAll(p.Namespace, "{root}", root) + `"/>`
			r := e.Validate(context.Background(), root, []byte(src), profile.Request{Profile: p.Name})
			for _, l := range r.Layers {
				reason := incomplete[p.Name]
				if l.Status == profile.Errored || l.Status == profile.Skipped && reason == "" || l.Status == profile.Passed && reason != "" && l.Name == "xsd" {
					t.Errorf("%s of %s: layer %s is %s: %+v", root, p.Name, l.Name, l.Status, r.Findings)
				}
			}
		}
	}
}

// unknown lists documents that the table judges by an envelope only: their
// content has no profile, and unknown content is never a pass.
var unknown = []string{
	"nfe/l10n-brazil/l10n_br_nfe/tests/mocks/ret", // SOAP answers
	"nfe/sped-nfe/tests/fixtures/xml/env_evt", "nfe/sped-nfe/tests/fixtures/xml/fake_env",
	"peppol-sbdh/ph-sbdh/sbd/sample2Responding.xml", "peppol-sbdh/ph-sbdh/sbd/sample3.xml", // documents of other standards
	"fatturapa/l10n-italy/l10n_it_fatturapa_in/tests/data/ZGEXQROO37831_anonimizzata.xml", // a blank in its namespace
	"finvoice/rfinvoice/1.0.xml", // a document type declaration
}

type row struct{ verdict, fault, others string }

func table(t *testing.T) map[string]map[string]row {
	rows := map[string]map[string]row{}
	for _, line := range strings.Split(string(sharedtest.Read(t, "corpus", "verdicts", "xsd.tsv")), "\n")[1:] {
		if f := strings.Split(line, "\t"); len(f) >= 6 && !strings.Contains(f[0], "#") {
			if rows[f[0]] == nil {
				rows[f[0]] = map[string]row{}
			}
			schema, _, _ := strings.Cut(f[1], " + ")
			rows[f[0]][schema] = row{f[2], f[4], f[5]}
		}
	}
	return rows
}

// TestDetection compares the verdict after detection by content with the table
// wherever the table used the schema of that profile.
func TestDetection(t *testing.T) {
	t.Parallel()
	e, data := engine(t), read(t)
	sets := map[string]*profile.Ruleset{}
	for i := range data.Rulesets {
		sets[data.Rulesets[i].Name] = &data.Rulesets[i]
	}
	corpus := sharedtest.Path(t, "corpus")
	compared, other, refused := 0, 0, 0
	for document, rows := range table(t) {
		src, err := os.ReadFile(filepath.Join(corpus, document))
		if err != nil {
			t.Fatal(err)
		}
		r := e.Validate(context.Background(), document, src, profile.Request{})
		if slices.ContainsFunc(unknown, func(p string) bool { return strings.HasPrefix(document, p) }) {
			refused++
			if r.Valid || !r.Failed() {
				t.Errorf("%s: unknown content passes: %+v", document, r.Layers)
			}
			continue
		}
		if r.Profile == "" {
			t.Errorf("%s: %+v", document, r.Findings)
			continue
		}
		want, ok := rowOf(r, rows, sets)
		if !ok {
			other++
			continue
		}
		compared++
		if valid := want.verdict == "valid" || want.fault == "yes" && want.others == "0"; valid == r.Failed() {
			t.Errorf("%s as %s: want valid %v, got %+v", document, r.Profile, valid, r.Findings)
		}
		if r.Valid && strings.HasPrefix(r.Profile, "cfdi") {
			t.Errorf("%s: valid, though judged by a stand-in", document)
		}
	}
	t.Logf("%d compared, %d by another schema than the table, %d refused as unknown", compared, other, refused)
	if compared < 700 {
		t.Errorf("only %d documents are compared", compared)
	}
}

// rowOf returns the row of the table for the schema that judged a document.
func rowOf(r profile.Result, rows map[string]row, sets map[string]*profile.Ruleset) (row, bool) {
	set := sets[r.Layers[1].Ruleset]
	if set == nil || strings.Contains(r.Profile, "+") {
		return row{}, false
	}
	for schema, want := range rows {
		root := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(schema), "UBL-"), "-2.1.xsd")
		files := set.Files(root)
		for _, f := range set.Roots {
			files = append(files, set.Bundle+"/"+f[0])
		}
		if slices.Contains(files, schema) {
			return want, true
		}
	}
	return row{}, false
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for src, rule := range map[string]string{
		"profiles: {a: 1}":                  profiles.RuleValue,
		"profile: []":                       profiles.RuleKey,
		"profiles: [{name: [x]}]":           profiles.RuleValue,
		"profiles: [{byName: maybe}]":       profiles.RuleValue,
		"profiles: [{where: [{path: a}]}]":  profiles.RuleKey,
		"profiles: [{schema: {bundle: a}}]": profiles.RuleKey,
		"rulesets: [{name: x}]":             profiles.RuleKey,
		"- a":                               profiles.RuleValue,
	} {
		_, probs := profiles.Read(fstest.MapFS{"p/x.yaml": {Data: []byte(src)}}, "p")
		if len(probs) == 0 || probs[0].Rule != rule {
			t.Errorf("%s: want %s, got %v", src, rule, probs)
		}
	}
}
