package words

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/internal/schematron"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

func TestFind(t *testing.T) {
	t.Parallel()
	w, err := Read(fstest.MapFS{
		"a.tsv": {Data: []byte("rule\tterms\tcause_en\thint_en\tcause_es\thint_es\nR-1\tBT-1\tc\th\tce\the\nX-*\t\tfamily\tdo\tfamilia\thaga\n")},
		"b.tsv": {Data: []byte("rule\tterms\tcause_en\thint_en\nR-1\tBT-2\tother\tway\n")},
	}, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ rule, language, want string }{
		{"R-1", "en", "BT-2 other way"}, {"R-1", "es", "BT-1 ce he"}, {"R-1", "pt", "BT-2 other way"},
		{"X-77", "es", " familia haga"}, {"X-77", "", " family do"}, {"Y-1", "en", ""},
	} {
		word, ok := w.Find(c.rule, c.language)
		if got := word.Terms + " " + word.Cause + " " + word.Hint; ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s in %q: %q, want %q", c.rule, c.language, got, c.want)
		}
	}
	if _, ok := (*Words)(nil).Find("R-1", "en"); ok {
		t.Error("nil knows a rule")
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"columns": "rule\tterms\nR-1\n", "head": "rule\tcolour\nR-1\tred\n", "no rule": "rule\tterms\n\tBT-1\n",
	} {
		if _, err := Read(fstest.MapFS{"a.tsv": {Data: []byte(text)}}, "a"); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Read(fstest.MapFS{}, "a"); err == nil {
		t.Error("a missing table is taken")
	}
}

func shipped(t *testing.T) *Words {
	t.Helper()
	w, err := Read(os.DirFS("../../../packages/words"), "en16931", "peppol")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestShipped checks the form of the tables that ship.
func TestShipped(t *testing.T) {
	t.Parallel()
	w := shipped(t)
	seen := map[string]bool{}
	for _, r := range w.Rules() {
		if seen[r] {
			t.Errorf("%s stands twice", r)
		}
		seen[r] = true
		for _, l := range []string{"en", "es"} {
			word, _ := w.Find(r, l)
			for _, s := range []string{word.Cause, word.Hint} {
				if len(s) < 8 || !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, ")") || s != strings.TrimSpace(s) {
					t.Errorf("%s in %s: %q", r, l, s)
				}
			}
		}
	}
}

// TestCoverage checks that every rule of the public lists, and of the installed
// rule sets of EN 16931 and Peppol, has words, and that they are our own.
func TestCoverage(t *testing.T) {
	t.Parallel()
	w := shipped(t)
	for _, list := range []string{"en16931-rules.tsv", "peppol-rules.tsv"} {
		for i, line := range strings.Split(strings.TrimSpace(string(sharedtest.Read(t, "specs", list))), "\n") {
			id, _, _ := strings.Cut(line, "\t")
			if _, ok := w.Find(id, "es"); i > 0 && !ok && !strings.Contains(id, "..") { // a range is told by its family
				t.Errorf("%s: no words", id)
			}
		}
	}
	for _, file := range []string{"en16931/ubl-schematron/EN16931-UBL-validation.sch", "en16931/cii-schematron/EN16931-CII-validation.sch",
		"peppol/bis-billing-3-2026.5/PEPPOL-EN16931-UBL.sch", "peppol/bis-billing-3-repo/PEPPOL-EN16931-CII.sch"} {
		schema, probs := schematron.Read(os.DirFS(sharedtest.Path(t, "artifacts")), file)
		if schema == nil {
			t.Fatal(probs)
		}
		for _, p := range schema.Patterns {
			for _, r := range p.Rules {
				for _, c := range r.Checks {
					word, ok := w.Find(c.Name(), "en")
					if !ok {
						t.Errorf("%s: %s has no words", file, c.Name())
					}
					for _, part := range c.Message {
						if text := strings.TrimSpace(part.Text); len(text) > 20 && (strings.Contains(text, word.Cause) || strings.Contains(text, word.Hint)) && ok {
							t.Errorf("%s: the words are those of the publisher", c.Name())
						}
					}
				}
			}
		}
	}
}
