package document

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// The plan and the JSON Schema validator agree on samples that were changed
// at random.
func TestPlanAgreesWithTheValidator(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(samples + "/*.json")
	var trees [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, data)
	}
	r := reader(t)
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		root, _ := scan(rapid.SampledFrom(trees).Draw(t, "sample"), Limits{}.filled())
		id := r.types[root.kid("type").text]
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			spoil(t, root)
		}
		if root.kind != mapKind {
			return
		}
		if agree(t, r, id, root) {
			good++
		}
	})
	if good == 0 {
		t.Error("no change was harmless: the test shows nothing")
	}
}

type fataler interface{ Fatalf(string, ...any) }

// agree compares plan and validator; true: both say the tree fits.
func agree(t fataler, r *Reader, id string, root *node) bool {
	s, err := r.schema(id)
	if err == nil {
		err = s.compile()
	}
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	fits, fault := s.plan.fits(root), s.check.Validate(root.plain())
	if fits != (fault == nil) {
		t.Fatalf("%s: plan says %v, validator %v", id, fits, fault)
	}
	return fits
}

// The canonical schemas use nothing the plan does not know.
func TestPlanKnowsTheCanonicalSchemas(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, id := range r.types {
		s, err := r.schema(id)
		if err != nil {
			t.Fatal(err)
		}
		if s.plan.other {
			t.Errorf("%s", id)
		}
	}
}

// A keyword the plan does not know leaves the word to the validator.
func TestUnknownKeywordsAreJudgedByTheValidator(t *testing.T) {
	t.Parallel()
	s, err := CompileSchema("x", []byte(`{"type":"object","properties":{"n":{"type":"number","multipleOf":5}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{`{"n":10}`: true, `{"n":7}`: false} {
		root, _ := scan([]byte(text), Limits{}.filled())
		c := &checker{schema: s, root: root, places: newPlaces("d", []byte(text))}
		c.run(true)
		if got := len(c.list) == 0; got != want {
			t.Errorf("%s: %v", text, c.list)
		}
	}
}

// spoil changes one value of the tree.
func spoil(t *rapid.T, root *node) {
	var all []*node
	var collect func(*node)
	collect = func(n *node) {
		all = append(all, n)
		for _, k := range n.kids {
			collect(k)
		}
	}
	collect(root)
	n := rapid.SampledFrom(all).Draw(t, "place")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		n.name = rapid.SampledFrom([]string{"id", "type", "x", "br_nfe", "rate", "lines", "a/b"}).Draw(t, "name")
	case 1:
		n.text = rapid.SampledFrom([]string{"", "1", "1e3", "2026-11-23", "2026-11-23T10:00:00Z", "USD", "DE", "abc", "-1.50"}).Draw(t, "text")
		n.kind, n.kids = stringKind, nil
	case 2:
		n.kind, n.kids = rapid.SampledFrom([]kind{nullKind, boolKind, listKind, mapKind}).Draw(t, "kind"), nil
	case 3:
		if len(n.kids) > 0 {
			n.kids = n.kids[:rapid.IntRange(0, len(n.kids)-1).Draw(t, "kids")]
		}
	case 4:
		n.kids = append(n.kids, &node{kind: boolKind, text: "true", name: "more"})
	}
	seen := map[string]bool{}
	for _, m := range all { // no name twice in one object
		clear(seen)
		var kids []*node
		for _, k := range m.kids {
			if m.kind != mapKind || !seen[k.name] {
				kids = append(kids, k)
			}
			seen[k.name] = true
		}
		m.kids = kids
	}
}
