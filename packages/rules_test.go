package packages_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/packages"
)

// onlyOneSide lists the rules of shipped packages that no document of the tests
// makes fire, or lets pass where they are asked, with the reason. It may only
// shrink: a line that is not true any more fails.
const onlyOneSide = "../testdata/conformance/rules-one-side.csv"

// Each rule of the shipped packages has a document for which it fires and a
// near miss: one for which it is asked and holds.
func TestConformanceRules(t *testing.T) {
	t.Parallel()
	known := oneSided(t)
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		b, problems := load.LoadAll(files, actions.Registry(), nil)
		if b == nil {
			t.Fatal(problems)
		}
		rules := 0
		for _, rs := range b.Package.Rules {
			rules += len(rs.Checks)
		}
		if rules == 0 {
			continue
		}
		fires, near := rules, rules
		for _, u := range cover.Run(t.Context(), b, cover.Options{Coverage: true}).Coverage.Missed {
			if u.Kind != cover.KindRule {
				continue
			}
			if strings.HasSuffix(u.Says, "never fails") {
				fires--
			} else {
				near--
			}
			key := id + "," + strings.TrimPrefix(u.Says, "rule ")
			if known[key] == "" {
				t.Errorf("%s/%s: %s in the tests: fiscus package cases may find a document", id, u.Pos, u.Says)
			}
			delete(known, key)
		}
		t.Logf("passed: %s: %d rules, %d with a document that fires, %d with a near miss", id, rules, fires, near)
	}
	for key := range known {
		t.Errorf("%s: not true any more: take it off %s", key, onlyOneSide)
	}
}

func oneSided(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(onlyOneSide)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", onlyOneSide, err)
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		out[row[0]+","+row[1]] = row[2]
	}
	return out
}
