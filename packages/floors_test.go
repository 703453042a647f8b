package packages_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/mutate"
	"github.com/fiscus-project/fiscus/packages"
)

// floor is what the tests of a package reach and notice at least, in percent.
// It may only rise.
type floor struct{ coverage, score float64 }

const floorsFile = "../testdata/conformance/package-floors.csv"

// sampled is how many mutants are drawn: the same ones each time.
const sampled = 150

// Coverage and mutation score of the shipped packages do not fall below their
// floors. The official files are left out, so that the figures are the same on
// every machine; those with them stand in docs/package-coverage.md. Mutants are
// tried by make conform alone.
func TestConformancePackageFloors(t *testing.T) {
	t.Parallel()
	for name, want := range floors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := packages.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			b, problems := load.LoadAll(files, actions.Registry(), nil)
			if b == nil {
				t.Fatal(problems)
			}
			got := floor{coverage: cover.Run(t.Context(), b, cover.Options{Coverage: true}).Coverage.Percent(), score: want.score}
			if os.Getenv("FISCUS_CONFORM") == "1" {
				r, err := mutate.Run(t.Context(), files, mutate.Options{Registry: actions.Registry(), Limit: sampled, Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				got.score = r.Score()
				for _, s := range r.Survivors {
					t.Logf("survives: %s: %s -> %s [%s]", s.Pos, s.Was, s.Is, s.ID)
				}
			}
			t.Logf("passed: %s: coverage %.1f %% (floor %.1f), mutation score %.1f %% (floor %.1f)", name, got.coverage, want.coverage, got.score, want.score)
			if got.coverage < want.coverage || got.score < want.score {
				t.Errorf("below its floor: coverage %.1f %% of %.1f, mutation score %.1f %% of %.1f: write the tests that are missing", got.coverage, want.coverage, got.score, want.score)
			}
		})
	}
}

func floors(t *testing.T) map[string]floor {
	t.Helper()
	f, err := os.Open(floorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", floorsFile, len(rows), err)
	}
	out := map[string]floor{}
	for _, row := range rows[1:] {
		coverage, err1 := strconv.ParseFloat(row[1], 64)
		score, err2 := strconv.ParseFloat(row[2], 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %q is no floor", floorsFile, row)
		}
		out[row[0]] = floor{coverage, score}
	}
	return out
}
