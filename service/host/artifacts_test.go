package host_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/service/host"
)

const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:int"/></xs:schema>`

func official(t *testing.T) *host.Artifacts {
	t.Helper()
	store, err := artifacts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{
		"b/1/a.xsd":       {Data: []byte(schema)},
		"b/1/lists.xsd":   {Data: []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="codes.xsd"/></xs:schema>`)},
		"b/1/wrong.xsd":   {Data: []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="nope"/></xs:schema>`)},
		"b/derived/c.xsd": {Data: []byte(schema)},
	}
	if _, err := store.Import(tree, artifacts.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	judge, probs := profile.New(profile.Options{Library: lib, Rulesets: []profile.Ruleset{{
		Name: "r", Kind: "xsd", Layer: "xsd", Bundle: "b/2", Entries: []string{"x"}, StandIn: map[string]string{"y": "z"},
	}}})
	if len(probs) > 0 {
		t.Fatal(probs)
	}
	return &host.Artifacts{Library: lib, Judge: judge}
}

func ruleOf(err error) string {
	var p diag.Problem
	var l diag.List
	switch {
	case errors.As(err, &p):
		return p.Rule
	case errors.As(err, &l) && len(l) > 0:
		return l[0].Rule
	}
	return ""
}

func TestValidator(t *testing.T) {
	t.Parallel()
	a := official(t)
	v, err := a.Validator(&engine.Artifact{ID: "x", Kind: "xsd", Bundle: "b/1", Entry: "a.xsd"})
	if err != nil {
		t.Fatal(err)
	}
	for doc, want := range map[string]string{"<a>1</a>": "", "<a>x</a>": "FMT-XSD-VALUE", "<a>": "FMT-XML-SYNTAX"} {
		found, err := v.Validate(context.Background(), []byte(doc))
		got := ""
		if len(found) > 0 {
			got = found[0].Rule
		}
		if err != nil || got != want {
			t.Errorf("%s: want %q, got %v, %v", doc, want, found, err)
		}
	}
	for _, c := range []struct {
		kind, entry, sum, want string
	}{
		{"xsd", "gone.xsd", "", "ART-MISSING"},
		{"xsd", "lists.xsd", "", "ART-MISSING"},
		{"xsd", "a.xsd", "00", artifacts.RuleDigest},
		{"xsd", "wrong.xsd", "", "ART-XSD-SCHEMA"},
		{"riddle", "a.xsd", "", profile.RuleData},
	} {
		if _, err := a.Validator(&engine.Artifact{ID: "x", Kind: c.kind, Bundle: "b/1", Entry: c.entry, SHA256: c.sum}); ruleOf(err) != c.want {
			t.Errorf("%s: want %s, got %v", c.entry, c.want, err)
		}
	}
	s, err := a.Validator(&engine.Artifact{ID: "x", Kind: "xsd", Bundle: "b/derived", Entry: "c.xsd"})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Validate(context.Background(), []byte("<a>1</a>")); err != nil || len(found) != 1 || found[0].Rule != profile.RuleStandIn {
		t.Errorf("stand-in: %v, %v", found, err)
	}
}
