package load

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/engine"
	"pgregory.net/rapid"
)

// flowOf loads a package with one flow.
func flowOf(t interface{ Fatalf(string, ...any) }, text string) *engine.Flow {
	p, problems := Load(fstest.MapFS{
		"package.yaml":    {Data: []byte("package: zz/x\nversion: 1.0.0\ndocuments: [invoice/1]\n")},
		"flows/flow.yaml": {Data: []byte(text)},
	}, loadtest.Registry(), nil)
	if p == nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	return p.Flows[0]
}

func names(f *engine.Flow) string {
	ids := make([]string, len(f.Steps))
	for i, s := range f.Steps {
		ids[i] = s.ID
	}
	return strings.Join(ids, " ")
}

func TestStepsStandInTheOrderOfRunning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ steps, want string }{
		"as written":           {"- {id: a, action: time.now}\n- {id: b, action: time.now}", "a b"},
		"needs":                {"- {id: a, action: time.now, needs: b}\n- {id: b, action: time.now}", "b a"},
		"reads":                {"- {id: a, action: time.now, if: steps.b.out != nil}\n- {id: b, action: time.now}\n- {id: c, action: time.now}", "b a c"},
		"reads by let":         {"- {id: a, action: time.now, if: late}\n- {id: b, action: time.now}", "b a"},
		"reads by two lets":    {"- {id: a, action: time.now, if: later}\n- {id: b, action: time.now}", "b a"},
		"at the end":           {"- {id: a, action: time.now, finally: true}\n- {id: b, action: time.now}", "b a"},
		"at the end, waiting":  {"- {id: a, action: time.now, finally: true, needs: c}\n- {id: b, action: time.now}\n- {id: c, action: time.now, finally: true}", "b c a"},
		"own answer in handle": {"- {id: a, action: http.call, with: {url: x}, handle: {unknown: park, expired: [{if: steps.a.code == \"1\", then: stop}, {then: park}]}}\n- {id: b, action: time.now}", "a b"},
	} {
		lets := "let:\n  late: =steps.b.out != nil\n  later: =late and true\n"
		if !strings.Contains(c.steps, "late") {
			lets = ""
		}
		f := flowOf(t, "flow: f\n"+lets+"steps:\n"+c.steps+"\n")
		if got := names(f); got != c.want {
			t.Errorf("%s: want %s, got %s", name, c.want, got)
		}
	}
}

// Whatever graph the steps make, what a step waits for stands before it, and
// of two steps that could both run the one written first comes first.
func TestOrderIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		places := rapid.Permutation(numbers(n)).Draw(t, "places")
		var text strings.Builder
		text.WriteString("flow: f\nsteps:\n")
		waits := map[string][]string{}
		for _, i := range places {
			var needs []string
			for j := range i {
				if rapid.Bool().Draw(t, "edge") {
					needs = append(needs, fmt.Sprintf("s%d", j))
				}
			}
			waits[fmt.Sprintf("s%d", i)] = needs
			fmt.Fprintf(&text, "  - {id: s%d, action: time.now, needs: [%s]}\n", i, strings.Join(needs, ", "))
		}
		if got, want := names(flowOf(t, text.String())), simpleOrder(places, waits); got != want {
			t.Fatalf("want %s, got %s\n%s", want, got, text.String())
		}
	})
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// simpleOrder takes again and again the first step whose waits are over.
func simpleOrder(places []int, waits map[string][]string) string {
	var done []string
	for len(done) < len(places) {
		for _, i := range places {
			id := fmt.Sprintf("s%d", i)
			if slices.Contains(done, id) || slices.ContainsFunc(waits[id], func(w string) bool { return !slices.Contains(done, w) }) {
				continue
			}
			done = append(done, id)
			break
		}
	}
	return strings.Join(done, " ")
}
