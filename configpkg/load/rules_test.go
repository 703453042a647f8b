package load

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var ruleForm = regexp.MustCompile(`^CFG(-[A-Z0-9]+)+$`)

// Every rule id is well formed and told of in one line.
func TestRulesAreWellFormed(t *testing.T) {
	t.Parallel()
	for id, says := range rules {
		if !ruleForm.MatchString(id) {
			t.Errorf("%q", id)
		}
		if !strings.HasSuffix(says, ".") || strings.Contains(says, "\n") {
			t.Errorf("%s: %q", id, says)
		}
	}
}

// Every CFG- id that stands in the code of the rooms that read packages is in
// the table, and no id of the table is unknown to the code.
func TestRulesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`"(CFG-[A-Z0-9-]+)"`)
	found := map[string]bool{}
	for _, dir := range []string{".", "../yml", "../lint", "../../engine/formula", "../../engine/nodes"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(data), -1) {
				found[m[1]] = true
			}
		}
	}
	for id := range found {
		if rules[id] == "" {
			t.Errorf("%s is raised and not in the table", id)
		}
	}
	for id := range rules {
		if !found[id] {
			t.Errorf("%s is in the table and never raised", id)
		}
	}
}

// Every id is raised by a case of a table that names it: those of a beginner's
// mistakes here, and the tables of other tests.
func TestEveryRuleHasACase(t *testing.T) {
	t.Parallel()
	raised := ""
	for _, m := range mistakes {
		raised += m.want + "\n"
	}
	files, _ := filepath.Glob("*_test.go")
	for _, f := range files {
		if f != "rules_test.go" && f != "mistakes_test.go" {
			raised += read(t, f)
		}
	}
	cases := read(t, "../lint/*_test.go")
	raised += cases
	for _, m := range regexp.MustCompile(`(Rule\w+)\s*= "(CFG-[A-Z-]+)"`).FindAllStringSubmatch(read(t, "../lint/*.go"), -1) {
		if regexp.MustCompile(m[1] + `\b`).MatchString(cases) {
			raised += m[2] + "\n"
		}
	}
	for _, id := range RuleIDs() {
		if !regexp.MustCompile(id + `\b`).MatchString(strings.ReplaceAll(raised, id+"-", "")) {
			t.Errorf("%s is raised by no case", id)
		}
	}
}

func read(t *testing.T, pattern string) string {
	files, _ := filepath.Glob(pattern)
	text := ""
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
	}
	return text
}

// Whatever a shape or a table of kinds calls not built is in the one list.
func TestNotBuiltIsListed(t *testing.T) {
	t.Parallel()
	used := []string{}
	for _, c := range laterKinds {
		used = append(used, c)
	}
	for _, s := range Shapes() {
		for _, k := range s.Keys {
			if k.NotBuilt != "" {
				used = append(used, k.NotBuilt)
			}
			for _, c := range k.Later {
				used = append(used, c)
			}
		}
	}
	source := read(t, "*.go")
	for _, m := range regexp.MustCompile(`notBuilt\([^,]+, "([^"]+)"\)`).FindAllStringSubmatch(source, -1) {
		used = append(used, m[1])
	}
	for _, c := range used {
		if _, ok := notBuilt[c]; !ok {
			t.Errorf("%q is refused and not in the list", c)
		}
	}
	for _, c := range NotBuilt() {
		if !slices.Contains(used, c.Name) {
			t.Errorf("%q is in the list and refused nowhere", c.Name)
		}
	}
}

// Each shape that a key names exists, and is used.
func TestShapesRefer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range Shapes() {
		if seen[s.Name] {
			t.Errorf("shape %q twice", s.Name)
		}
		seen[s.Name] = true
		keys := map[string]bool{}
		for _, k := range s.Keys {
			if k.Of != "" && shapes[k.Of] == nil {
				t.Errorf("%s.%s: no shape %q", s.Name, k.Name, k.Of)
			}
			if keys[k.Name] {
				t.Errorf("%s.%s twice", s.Name, k.Name)
			}
			keys[k.Name] = true
		}
	}
}
