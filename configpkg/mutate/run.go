package mutate

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Options say how much is tried, and with what.
type Options struct {
	Registry  *engine.Registry
	Imports   load.Importer        // nil: a package that imports others does not load
	Artifacts engine.ArtifactStore // nil: nothing is judged by official files, and fewer mutants are noticed
	Only      func(*Mutant) bool   // nil: all
	Tables    bool                 // the rows and cells of CSV files too
	Limit     int                  // mutants tried, drawn by Seed; zero: all
	Seed      uint64
	Workers   int                // mutants at once; zero: one for each core
	Timeout   time.Duration      // of the tests of one mutant; zero: a minute
	Done      func(Outcome, int) // told of each mutant and how many there are, one at a time; nil: nobody
}

// Fate is what became of a mutant.
type Fate string

// The fates.
const (
	Refused    Fate = "refused"    // by the loader or lint
	Killed     Fate = "killed"     // by a test
	Survived   Fate = "survived"   // nobody noticed
	Equivalent Fate = "equivalent" // nobody noticed, and the list says why that is right
)

// Outcome is what became of one mutant.
type Outcome struct {
	*Mutant
	Fate   Fate
	By     string // the rule or test that noticed
	Reason string // of an equivalent
}

// Report is what all mutants showed.
type Report struct {
	Package   string
	Possible  int // mutants there are
	Tried     int
	Refused   int
	Killed    int
	Survivors []Outcome     // in order of places
	Equal     []Outcome     // equivalent ones
	Stale     []Equivalence // of the list: not a mutant any more, or noticed after all
	Skipped   []string      // artifacts that are not installed
}

// Score returns the share of mutants that tests killed of those that were
// neither refused nor equivalent, 0 to 100.
func (r *Report) Score() float64 { return percent(r.Killed, r.Killed+len(r.Survivors)) }

// Noticed returns the share that was refused or killed of those that are not
// equivalent, 0 to 100.
func (r *Report) Noticed() float64 {
	return percent(r.Refused+r.Killed, r.Refused+r.Killed+len(r.Survivors))
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

// Run tries the mutants of a package. The package itself must load, be clean
// for lint and pass its tests: otherwise its problems are returned.
func Run(ctx context.Context, files fs.FS, o Options) (*Report, error) {
	w, err := newWorkshop(ctx, files, o)
	if err != nil {
		return nil, err
	}
	all, err := Mutants(files)
	if err != nil {
		return nil, err
	}
	if o.Tables {
		more, err := TableMutants(files)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	r := &Report{Package: w.pkg, Possible: len(all), Skipped: w.skipped}
	tried := drawn(all, o)
	outcomes := make([]Outcome, len(tried))
	w.tryAll(ctx, tried, outcomes)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.count(outcomes)
	r.Stale = w.stale(all, outcomes)
	return r, nil
}

// drawn returns the mutants to be tried, in order of places.
func drawn(all []*Mutant, o Options) []*Mutant {
	if o.Only != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(m *Mutant) bool { return !o.Only(m) })
	}
	if o.Limit <= 0 || o.Limit >= len(all) {
		return all
	}
	at := rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(all))[:o.Limit]
	slices.Sort(at)
	out := make([]*Mutant, len(at))
	for i, n := range at {
		out[i] = all[n]
	}
	return out
}

func (r *Report) count(outcomes []Outcome) {
	for _, x := range outcomes {
		r.Tried++
		switch x.Fate {
		case Refused:
			r.Refused++
		case Killed:
			r.Killed++
		case Equivalent:
			r.Equal = append(r.Equal, x)
		default:
			r.Survivors = append(r.Survivors, x)
		}
	}
}

// workshop holds what every mutant is tried with.
type workshop struct {
	files   fs.FS
	o       Options
	pkg     string
	skipped []string
	results []cover.Result // of the tests of the package as it is
	known   map[string]Equivalence
	clean   map[string]int // problems lint has with the package as it is, by rule

	mu    sync.Mutex
	noses map[diag.Pos]map[string]int // tests that noticed mutants of a line, how many
}

func newWorkshop(ctx context.Context, files fs.FS, o Options) (*workshop, error) {
	b, problems := load.LoadAll(files, o.Registry, o.Imports)
	if b == nil {
		return nil, problems
	}
	known, err := Equivalences(files)
	if err != nil {
		return nil, err
	}
	r := cover.Run(ctx, b, cover.Options{Artifacts: o.Artifacts, Coverage: true})
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("the tests must pass before mutants are tried: %w", err)
	}
	w := &workshop{files: files, o: o, pkg: b.Package.ID, skipped: r.Skipped, results: r.Tests, known: known, clean: map[string]int{}, noses: map[diag.Pos]map[string]int{}}
	for _, p := range lint.Check(b) {
		w.clean[p.Rule]++
	}
	return w, nil
}

func (w *workshop) tryAll(ctx context.Context, mutants []*Mutant, outcomes []Outcome) {
	workers := w.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range workers {
		wg.Go(func() {
			for i := range next {
				x := w.try(ctx, mutants[i])
				mu.Lock()
				outcomes[i] = x
				if w.o.Done != nil {
					w.o.Done(x, len(mutants))
				}
				mu.Unlock()
			}
		})
	}
	for i := range mutants {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
}

// try finds out what becomes of a mutant.
func (w *workshop) try(ctx context.Context, m *Mutant) Outcome {
	x := Outcome{Mutant: m}
	b, problems := load.LoadAll(m.changed(w.files), w.o.Registry, w.o.Imports)
	if b == nil {
		x.Fate, x.By = Refused, first(problems)
		return x
	}
	if rule := w.doubts(lint.Check(b)); rule != "" {
		x.Fate, x.By = Refused, rule
		return x
	}
	timeout := w.o.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if b.Tests = w.ordered(b.Tests, m); len(b.Tests) == 0 {
		return w.unnoticed(x)
	}
	r := cover.Run(ctx, b, cover.Options{Artifacts: w.o.Artifacts, Workers: 1, FailFast: true})
	switch {
	case r.Failed > 0:
		x.Fate, x.By = Killed, failed(r)
		w.noticed(m, x.By)
	case ctx.Err() != nil:
		x.Fate, x.By = Killed, "out of time"
	default:
		return w.unnoticed(x)
	}
	return x
}

// failed names the test that failed.
func failed(r *cover.Report) string {
	i := slices.IndexFunc(r.Tests, func(t cover.Result) bool { return !t.Passed })
	return r.Tests[i].Name
}

// noticed remembers the test for other mutants of the same line: it goes first.
func (w *workshop) noticed(m *Mutant, test string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := diag.Pos{File: m.Pos.File, Line: m.Pos.Line}
	if w.noses[line] == nil {
		w.noses[line] = map[string]int{}
	}
	w.noses[line][test]++
}

// noticing returns how often tests noticed mutants of the same line.
func (w *workshop) noticing(m *Mutant) map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.noses[diag.Pos{File: m.Pos.File, Line: m.Pos.Line}])
}

func (w *workshop) unnoticed(x Outcome) Outcome {
	x.Fate = Survived
	if e, listed := w.known[x.ID]; listed {
		x.Fate, x.Reason = Equivalent, e.Reason
	}
	return x
}

// doubts returns a rule of lint that has more to say than of the package as it is.
func (w *workshop) doubts(problems diag.List) string {
	count := map[string]int{}
	for _, p := range problems {
		if count[p.Rule]++; count[p.Rule] > w.clean[p.Rule] {
			return p.Rule
		}
	}
	return ""
}

func first(l diag.List) string {
	for _, p := range l {
		if p.Grave() {
			return p.Rule
		}
	}
	return ""
}

// ordered returns the tests that may notice a mutant, those that noticed others
// of its line first, then those that do most in its file. A test that does nothing in the file of a flow, mapping, rule set
// or answers file goes the same way with any content of it, unless the change is
// about which documents a flow takes. Where something is worked out on the very
// line, only tests that do so can tell.
func (w *workshop) ordered(tests []*casetest.Test, m *Mutant) []*casetest.Test {
	weight, line := map[string]int{}, map[string]bool{}
	for i := range w.results {
		r := &w.results[i]
		places, on := r.Reaches(m.Pos.File, m.Pos.Line)
		_, below := r.Reaches(m.Pos.File, m.Pos.Line+1) // where a literal block begins
		weight[r.Name] = places
		if on || below {
			line[r.Name] = true
		}
	}
	out := slices.Clone(tests)
	folder, _, _ := strings.Cut(m.Pos.File, "/")
	if !m.selects && slices.Contains([]string{"flows", "mappings", "rules", "answers"}, folder) {
		out = slices.DeleteFunc(out, func(t *casetest.Test) bool { return weight[t.Name] == 0 || len(line) > 0 && !line[t.Name] })
	}
	before := w.noticing(m)
	slices.SortStableFunc(out, func(a, b *casetest.Test) int {
		return cmp.Or(before[b.Name]-before[a.Name], weight[b.Name]-weight[a.Name])
	})
	return out
}
