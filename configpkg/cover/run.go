package cover

import (
	"context"
	"runtime"
	"sync"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Options are what tests may use besides the package.
type Options struct {
	Artifacts engine.ArtifactStore        // nil: no official file is installed, and expectations of schemas are skipped
	Only      func(t *casetest.Test) bool // nil: all tests
	Workers   int                         // tests at once; zero: one for each core
	FailFast  bool                        // stop at the first test that fails
	Coverage  bool                        // count what the tests reach
	Done      func(Result)                // told of each result, one at a time; nil: nobody
}

// Report is what the tests of a package showed.
type Report struct {
	Package string   `json:"package"`
	Version string   `json:"version"`
	Digest  string   `json:"digest"`
	Tests   []Result `json:"tests"`
	Passed  int      `json:"passed"`
	Failed  int      `json:"failed"`
	Skipped []string `json:"skipped,omitempty"` // artifacts that are not installed: what asked for them was not judged

	Coverage *Coverage `json:"coverage,omitempty"`
}

// Result is what one test showed.
type Result struct {
	Name     string    `json:"name"`
	File     string    `json:"file"`
	Pos      diag.Pos  `json:"pos"`
	Passed   bool      `json:"passed"`
	Problems diag.List `json:"problems,omitempty"`
	Skipped  []string  `json:"skipped,omitempty"`
	Golden   []Golden  `json:"-"` // results that are compared with a file, as they came out

	hits tracker // with Options.Coverage
}

// Reaches tells how much of a file the test reached: how many places, and
// whether something on that line is among them. It needs Options.Coverage.
func (r *Result) Reaches(file string, line int) (places int, onLine bool) {
	for h := range r.hits {
		if h.pos.File == file && h.pos.Line > 0 {
			places++
			onLine = onLine || h.pos.Line == line
		}
	}
	return places, onLine
}

// Golden is a result beside the file it is compared with.
type Golden struct {
	File string // path inside the package
	Got  []byte
}

// Run runs the tests of a bundle, each by itself. The results are in the order
// of the tests whatever the number of workers. A package without tests is a
// failure: nothing was shown.
func Run(ctx context.Context, b *load.Bundle, o Options) *Report {
	r := &Report{Package: b.Package.ID, Version: b.Package.Version, Digest: b.Package.Digest}
	tests := chosen(b, o)
	results := make([]*Result, len(tests))
	runAll(ctx, b, tests, o, results)
	if o.Coverage {
		r.Coverage = coverage(b.Package, results)
	}
	seen := map[string]bool{}
	for _, x := range results {
		if x == nil { // not run after the first failure
			continue
		}
		r.Tests = append(r.Tests, *x)
		if x.Passed {
			r.Passed++
		} else {
			r.Failed++
		}
		for _, id := range x.Skipped {
			if !seen[id] {
				seen[id] = true
				r.Skipped = append(r.Skipped, id)
			}
		}
	}
	return r
}

func chosen(b *load.Bundle, o Options) []*casetest.Test {
	var tests []*casetest.Test
	for _, t := range b.Tests {
		if o.Only == nil || o.Only(t) {
			tests = append(tests, t)
		}
	}
	return tests
}

func runAll(ctx context.Context, b *load.Bundle, tests []*casetest.Test, o Options, results []*Result) {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range min(workers, max(1, len(tests))) {
		wg.Go(func() {
			for i := range next {
				x := runTest(ctx, b, tests[i], o)
				mu.Lock()
				results[i] = x
				if o.Done != nil {
					o.Done(*x)
				}
				mu.Unlock()
				if o.FailFast && !x.Passed {
					cancel()
				}
			}
		})
	}
	for i := range tests {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
}

// Err returns what is wrong with the tests as a whole: the problems of all,
// and a package without tests.
func (r *Report) Err() error {
	var all diag.List
	for _, t := range r.Tests {
		all = append(all, t.Problems...)
	}
	if len(r.Tests) == 0 {
		all.Add(NoTests(r))
	}
	return all.Err()
}

// NoTests returns the problem of a package none of whose tests were run.
func NoTests(r *Report) diag.Problem {
	return diag.Problem{Pos: diag.Pos{File: "package.yaml"}, Rule: RuleNone, Message: "no test of package " + r.Package + " was run",
		Hint: "write one in tests/: what is submitted, and what has to be seen then"}
}

// runTest runs one test.
func runTest(ctx context.Context, b *load.Bundle, t *casetest.Test, o Options) *Result {
	x := &Result{Name: t.Name, File: t.File, Pos: t.Pos}
	w, problems := newWorld(b, t, o)
	if w == nil {
		x.Problems = problems
		return x
	}
	if t.Given != nil {
		w.given(ctx)
	} else {
		w.script(ctx)
	}
	w.close()
	x.hits = w.hits
	x.Problems, x.Skipped, x.Golden = w.problems, w.skipped, w.golden
	x.Problems.Sort()
	x.Passed = !x.Problems.Grave()
	return x
}
