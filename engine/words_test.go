package engine_test

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func said(t testing.TB, pairs ...string) engine.Text {
	out := engine.Text{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = enginetest.Value(t, pairs[i+1])
	}
	return out
}

// What a legal entity says wins over the package: its text without a language
// over all, one of a language over that language alone. Another legal entity,
// code or package is not touched, and the authority's words are kept.
func TestOwnWordsWin(t *testing.T) {
	t.Parallel()
	const id = "xx/test"
	for name, c := range map[string]struct {
		texts      map[string]map[string]engine.Words
		hint, says map[string]string // by language, of PickText
	}{
		"none":             {nil, map[string]string{"": "correct the tax number"}, map[string]string{"": ""}},
		"for all":          {texts(id, "301", engine.Words{Hint: said(t, "", "ask Ana")}), map[string]string{"": "ask Ana", "es": "ask Ana"}, nil},
		"of a language":    {texts(id, "301", engine.Words{Hint: said(t, "es", "pregunte a Ana")}), map[string]string{"": "correct the tax number", "es": "pregunte a Ana"}, nil},
		"text and hint":    {texts(id, "301", engine.Words{Says: said(t, "", "{=entity.country}: not ours"), Hint: said(t, "", "h")}), map[string]string{"": "h"}, map[string]string{"": "XX: not ours"}},
		"another code":     {texts(id, "204", engine.Words{Hint: said(t, "", "x")}), map[string]string{"": "correct the tax number"}, nil},
		"another package":  {texts("yy/notes", "301", engine.Words{Hint: said(t, "", "x")}), map[string]string{"": "correct the tax number"}, nil},
		"says beside hint": {texts(id, "301", engine.Words{Says: said(t, "en", "e", "es", "s")}), map[string]string{"": "correct the tax number"}, map[string]string{"": "e", "es": "s"}},
	} {
		w := newWorld(t, enginetest.Reject)
		w.entities[0].Texts = c.texts
		_, r := w.run("1")
		if r.Status.Document != engine.DocRejected {
			t.Fatalf("%s: %+v", name, r.Status)
		}
		for lang, want := range c.hint {
			if got := engine.PickText(r.Hint, lang); got != want {
				t.Errorf("%s: hint %q: %q", name, lang, got)
			}
		}
		for lang, want := range c.says {
			if got := engine.PickText(r.Says, lang); got != want {
				t.Errorf("%s: says %q: %q", name, lang, got)
			}
		}
		journal, err := w.log.Journal(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		o, ok := engine.LastAnswer(journal)
		if !ok || o.Code != "301" || o.Text != "the authority says 301" || engine.PickText(o.Hint, "") != c.hint[""] {
			t.Errorf("%s: last answer %+v", name, o)
		}
	}
}

func texts(pkg, code string, w engine.Words) map[string]map[string]engine.Words {
	return map[string]map[string]engine.Words{pkg: {code: w}}
}

// A rule's words are those of the legal entity where it has any.
func TestOwnWordsOfRules(t *testing.T) {
	t.Parallel()
	pkg := issue(t)
	rules := &engine.RuleSet{Name: "r", Checks: []engine.Check{{ID: "R-1", Assert: enginetest.Program(t, "1 == 2"), Fatal: true,
		Says: said(t, "", "package says"), Hint: said(t, "en", "package hints")}}}
	pkg.Rules = map[string]*engine.RuleSet{"rules/r.yaml": rules}
	if got := pkg.Codes(); len(got) == 0 || got[len(got)-1] != "R-1" {
		t.Errorf("codes %v", got)
	}
	check := func(e *engine.Entity) diag.Problem {
		cat, list := engine.NewCatalog([]*engine.Package{pkg}, nil, []*engine.Entity{e})
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		s := cat.Outside(pkg, engine.Outside{Environment: engine.Test, Entity: e.ID, Document: map[string]any{}})
		found, err := engine.CheckRules(rules, s)
		if err != nil || len(found) != 1 {
			t.Fatalf("%v %v", found, err)
		}
		return found[0]
	}
	fields := map[string]any{"id": "a", "country": "XX"}
	if p := check(&engine.Entity{ID: "a", Fields: fields}); p.Message != "package says" || p.Hint != "package hints" {
		t.Errorf("%+v", p)
	}
	own := texts(pkg.ID, "R-1", engine.Words{Says: said(t, "", "we say"), Hint: said(t, "en", "ask Ana")})
	if p := check(&engine.Entity{ID: "a", Fields: fields, Texts: own}); p.Message != "we say" || p.Hint != "ask Ana" || p.Rule != "R-1" {
		t.Errorf("%+v", p)
	}
}
