package life

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// The level of a change is that of what it does.
func TestLevel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, old, new string
		want           Level
	}{
		"version":             {"package.yaml", "version: 1.9.0", "version: 1.10.0", Same},
		"comment":             {"rules/slip.yaml", "checks:", "# all\nchecks:", Patch},
		"says":                {"rules/slip.yaml", "says: \"the lines", "says: \"lines", Patch},
		"source":              {"rules/slip.yaml", "clause 7", "clause 8", Patch},
		"hint":                {"answers/drop.yaml", "hint: the buyer", "hint: a buyer", Patch},
		"title":               {"package.yaml", "Slips of Zedland", "Slips", Patch},
		"test":                {"tests/slip.yaml", "calls: [drop]", "calls: []", Patch},
		"document of a test":  {"tests/documents/one.json", "Mermaid", "Nix", Patch},
		"entity of a test":    {"tests/entities/plain.yaml", "NORTH", "EAST", Patch},
		"simulator":           {"simulator/tide.yaml", "path: /slips}", "path: /notes}", Patch},
		"one byte of output":  {"mappings/slip.yaml", "document.seller.name", "upper(document.seller.name)", Minor},
		"rule":                {"rules/slip.yaml", "== document", "<= document", Minor},
		"selection":           {"flows/issue.yaml", "is: XZ", "is: XY", Minor},
		"new code":            {"answers/drop.yaml", "  SEEN:", "  MUD: {class: precondition}\n  SEEN:", Minor},
		"table":               {"tables/doors.csv", "tide.example", "low.example", Minor},
		"optional parameter":  {"package.yaml", "const:", "  - {name: series, type: integer, default: 1}\nconst:", Minor},
		"default":             {"package.yaml", "default: true", "default: false", Minor},
		"element named title": {"mappings/slip.yaml", "    Sum:", "    title: x\n    Sum:", Minor},
		"parameter gone":      {"package.yaml", "  - {name: signed, type: boolean, default: true, doc: whether slips are signed}\n", "", Major},
		"parameter asked for": {"package.yaml", "const:", "  - {name: series, type: integer, required: true}\nconst:", Major},
		"became required":     {"package.yaml", "type: certificate,", "type: certificate, required: true,", Major},
		"type":                {"package.yaml", "name: signed, type: boolean, default: true", "name: signed, type: string, default: true", Major},
		"default gone":        {"package.yaml", ", default: true", "", Major},
		"class of a code":     {"answers/drop.yaml", "LOW: {class: verdict", "LOW: {class: precondition", Major},
		"code gone":           {"answers/drop.yaml", "  SEEN: {class: duplicate}\n", "", Major},
		"result of law":       {"flows/issue.yaml", "legal: true", "legal: false", Major},
		"field gone":          {"flows/issue.yaml", "fields: {mark: =mark}", "fields: {label: =mark}", Major},
		"document gone":       {"package.yaml", "[invoice/1]", "[payment/1]", Major},
		"flow gone":           {"flows/ask.yaml", "flow: ask", "flow: question", Major},
	} {
		a := slip(t)
		b := maps.Clone(a)
		text := string(a[c.file].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s: %s has no %q", name, c.file, c.old)
		}
		b[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.new, 1))}
		list, err := Diff(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if n := NeedOf(list); n.Level != c.want {
			t.Errorf("%s: want %s, got %s: %s", name, c.want, n.Level, n.Why)
		}
	}
	for _, c := range []struct {
		from, to string
		want     Level
	}{{"1.9.0", "1.10.0", Minor}, {"1.9", "1.9.1", Patch}, {"1.9.0", "2.0.0", Major}, {"0.9.0", "0.10.0", Major}, {"0.9.0", "0.9.1", Patch}, {"1.0", "1.0.0", Same}, {"1.0.0.1", "1.0.0.2", Patch}} {
		if got := Step(c.from, c.to); got != c.want {
			t.Errorf("%s > %s: want %s, got %s", c.from, c.to, c.want, got)
		}
	}
}
