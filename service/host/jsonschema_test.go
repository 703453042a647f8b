package host_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/service/host"
)

func installed(t *testing.T, tree fstest.MapFS) *host.Artifacts {
	t.Helper()
	store, err := artifacts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Import(tree, artifacts.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	return judging(t, store)
}

func judging(t *testing.T, store *artifacts.Store) *host.Artifacts {
	t.Helper()
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	judge, list := profile.New(profile.Options{Library: lib})
	if len(list) > 0 {
		t.Fatal(list)
	}
	return &host.Artifacts{Library: lib, Judge: judge}
}

// A JSON Schema judges, with the schemas it refers to by path or address; one
// that is not installed leaves the document unjudged.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	a := installed(t, fstest.MapFS{
		"j/bill/a.json":    {Data: []byte(`{"$id": "https://schemas.example/bill/a", "type": "object", "required": ["n"], "properties": {"n": {"type": "number", "multipleOf": 0.01}, "l": {"type": "array", "items": {"$ref": "https://schemas.example/bill/line"}}}, "additionalProperties": false}`)},
		"j/bill/line.json": {Data: []byte(`{"$id": "https://schemas.example/bill/line", "type": "string", "maxLength": 3}`)},
		"j/plain.json":     {Data: []byte(`{"$ref": "bill/line.json"}`)},
		"j/lost.json":      {Data: []byte(`{"$ref": "nowhere.json"}`)},
		"j/wrong.json":     {Data: []byte(`{"type": 7}`)},
	})
	for _, c := range []struct {
		entry, doc, refused string
		want                []string
	}{
		{"bill/a.json", `{"n": 1.10, "l": ["abc"]}`, "", nil},
		{"bill/a.json", `{"n": 12345678901234567890.001, "l": ["abcd", 1], "x": 1}`, "", []string{"FMT-JSON-SCHEMA ", "FMT-JSON-SCHEMA /l/0", "FMT-JSON-SCHEMA /l/1", "FMT-JSON-SCHEMA /n"}},
		{"bill/a.json", `{"n": 1`, "", []string{"FMT-JSON "}},
		{"bill/a.json", `{"n": 1} {}`, "", []string{"FMT-JSON "}},
		{"plain.json", `"abcd"`, "", []string{"FMT-JSON-SCHEMA "}},
		{"lost.json", `1`, "ART-MISSING", nil},
		{"gone.json", `1`, "ART-MISSING", nil},
		{"wrong.json", `1`, "FMT-JSON-SCHEMA", nil},
	} {
		v, err := a.Validator(&engine.Artifact{ID: "x", Kind: "jsonschema", Bundle: "j", Entry: c.entry})
		if rule := ruleOf(err); rule != c.refused || err != nil && rule == "" {
			t.Errorf("%s: %v", c.entry, err)
			continue
		} else if err != nil {
			continue
		}
		list, err := v.Validate(t.Context(), []byte(c.doc))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, p.Rule+" "+p.Path)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.entry, c.doc, list, c.want)
		}
	}
}

// The public schemas of an export hold for the public samples.
func TestOfficialJSONSchema(t *testing.T) {
	t.Parallel()
	store, err := artifacts.Open(sharedtest.Path(t, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := judging(t, store).Validator(&engine.Artifact{ID: "x", Kind: "jsonschema", Bundle: "gobl-json-schema", Entry: "bill/invoice.json"})
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct{ Doc json.RawMessage }
	if err := json.Unmarshal(sharedtest.Read(t, "corpus", "gobl-ubl", "gobl_ubl", "convert", "peppol", "invoice-with-charges.json"), &envelope); err != nil {
		t.Fatal(err)
	}
	list, err := v.Validate(t.Context(), envelope.Doc)
	if err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
	broken := bytes.Replace(envelope.Doc, []byte(`"issue_date": "2024-05-15"`), []byte(`"issue_date": 7`), 1)
	if list, err = v.Validate(t.Context(), broken); err != nil || len(list) != 1 || list[0].Path != "/issue_date" {
		t.Errorf("%v %v", list, err)
	}
}
