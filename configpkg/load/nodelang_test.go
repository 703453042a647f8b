package load

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// Mistakes in mappings: the rule and the place.
func TestMappingProblems(t *testing.T) {
	for name, c := range map[string]struct{ text, rule, at string }{
		"unknown word":         {"root: {a: {$fro: x in document.lines}}", RuleUnknownKey, "3:12"},
		"no loop":              {"root: {a: {$for: document.lines}}", RuleLoop, "3:18"},
		"name in a loop":       {"root: {a: {$for: x in document.lines, b: =y.id}}", formula.RuleName, "3:43"},
		"loop name outside":    {"root: {a: {b: {$for: x in document.lines, $text: =x.id}, c: =x.id}}", formula.RuleName, "3:62"},
		"prefix":               {"root: {p:a: \"1\"}", nodes.RulePrefix, "3:8"},
		"fragment":             {"root: {a: {$use: prat}}", RuleFragment, "3:18"},
		"fragment in a circle": {"root: {a: {$use: one}}\nfragments: {one: {nodes: {b: {$use: two}}}, two: {nodes: {c: {$use: one}}}}", RuleFragment, "4:69"},
		"input missing":        {"root: {a: {$use: one}}\nfragments: {one: {inputs: {v: string}, nodes: {b: =input.v}}}", RuleInput, "3:12"},
		"input unknown":        {"root: {a: {$use: one, with: {w: \"1\"}}}\nfragments: {one: {inputs: {v: {type: string, required: false}}, nodes: {b: =input.v}}}", RuleInput, "3:30"},
		"input of other type":  {"root: {a: {$use: one, with: {v: =document.currency}}}\nfragments: {one: {inputs: {v: number}, nodes: {b: =input.v}}}", RuleType, "3:34"},
		"caller's names":       {"root: {a: {$for: x in document.lines, $use: one}}\nfragments: {one: {nodes: {b: =x.id}}}", formula.RuleName, "4:31"},
		"no cases":             {"root: {a: {$switch: =document.kind}}", RuleMissing, "3:12"},
		"case twice":           {"root: {a: {$switch: =document.kind, $cases: {\"a, b\": x, b: y}}}", RuleTwice, "3:57"},
		"cases without switch": {"root: {a: {$cases: {x: y}}}", RuleMissing, "3:12"},
		"two in a sequence":    {"root: {a: {$seq: [{b: x, c: y}]}}", RuleKind, "3:19"},
		"raw of a text":        {"root: {a: {$raw: =document.number}}", RuleType, "3:19"},
		"keep what":            {"root: {a: {$keep: yes}}", RuleWord, "3:19"},
		"list at the top":      {"root: [a]", RuleKind, "3:7"},
		"decimals":             {"formats: {amount: {decimals: [2]}}\nroot: {a: b}", RuleWord, "3:30"},
		"pattern":              {"formats: {date: {pattern: qqq}}\nroot: {a: b}", RuleWord, "3:27"},
		"zone":                 {"formats: {instant: {zone: Mars/Olympus}}\nroot: {a: b}", RuleWord, "3:27"},
		"no default":           {"defaults: {b: {c: d}}\nroot: {a: b}", RuleUnknownKey, "3:16"},
		"attribute with more":  {"root: {a: {\"@b\": {c: d}}}", RuleUnknownKey, "3:19"},
		"no root":              {"inputs: {a: string}", nodes.RuleNode, "1:1"},
		"let hides":            {"let: {document: =1}\nroot: {a: b}", RuleTwice, "3:7"},
		"let in a circle":      {"let: {x: =y, y: =x}\nroot: {a: =x}", RuleLetCycle, "3:7"},
		"alias":                {"root: {a: {$use: ubl:party}}", RuleImport, ""},
		"replacements":         {"text: {replace: tables/none.csv}\nroot: {a: b}", RuleFileMissing, "3:17"},
		"part without root":    {"parts: {p: {inputs: {a: string}}}", RuleMissing, "3:12"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := mapped(t, "mapping: m\nformat: xml\n"+c.text+"\n", nil)
			if len(problems) == 0 {
				t.Fatal("nothing is found")
			}
			p := problems[0]
			if at := strings.TrimPrefix(p.Pos.String(), "mappings/m.yaml:"); p.Rule != c.rule || c.at != "" && at != c.at {
				t.Errorf("want %s at %s, got %v", c.rule, c.at, problems)
			}
		})
	}
}

// No text makes the compiler of mappings panic.
func FuzzMapping(f *testing.F) {
	f.Add("root: {a: {$for: x in document.lines, b: =x.id, $switch: =x.id, $cases: {a: {}, else: [x]}}}")
	f.Add("root: {$use: f, with: {a: 1}}\nfragments: {f: {inputs: {a: string}, let: {b: =input.a}, nodes: {$seq: [{c: =b}]}}}")
	f.Add("parts: {a: {root: {b: [{$if: x}, [], {$raw: =y}]}}}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []string{"xml", "json", "text"} {
			src := "mapping: m\nformat: " + format + "\n" + text
			if docs, problems := yml.Parse("mappings/m.yaml", []byte(src)); problems.Grave() || len(docs) != 1 {
				return
			}
			m, problems := mapped(t, src, nil)
			if m == nil && !problems.Grave() {
				t.Fatal("no mapping and no problem")
			}
			if m == nil {
				continue
			}
			for part := range m.Parts {
				_, _ = m.Write(formula.NewScope(nil), nodes.Options{Part: part})
			}
			_, _ = m.Write(formula.NewScope(nil), nodes.Options{})
		}
	})
}
