package main

import (
	"context"
	"fmt"
	"regexp"

	"github.com/fiscus-project/fiscus/configpkg/mutate"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// mutation is what mutants of a package showed, as it is printed in JSON.
type mutation struct {
	Package   string          `json:"package"`
	Possible  int             `json:"possible"`
	Tried     int             `json:"tried"`
	Refused   int             `json:"refused"`
	Killed    int             `json:"killed"`
	Survived  int             `json:"survived"`
	Equal     int             `json:"equivalent"`
	Score     float64         `json:"score"`   // killed of those that were not refused, percent
	Noticed   float64         `json:"noticed"` // refused or killed, percent
	Survivors []mutationEntry `json:"survivors"`
	Stale     []string        `json:"stale,omitempty"`
	Skipped   []string        `json:"skipped,omitempty"`
}

type mutationEntry struct {
	ID  string   `json:"id"`
	Pos diag.Pos `json:"pos"`
	Was string   `json:"was"`
	Is  string   `json:"is"`
}

// mutate tries mutants of one package; places are told as paths from here.
func (a *app) mutate(ctx context.Context, ref string, o *testOptions) (*mutation, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, err
	}
	at, err := regexp.Compile(o.places)
	if err != nil {
		return nil, exit(exitUsage, fmt.Errorf("--mutants-in: %w", err))
	}
	only := func(m *mutate.Mutant) bool { return at.MatchString(m.ID) }
	bar, done := a.progress("mutants of "+ref), 0
	r, err := mutate.Run(ctx, files, mutate.Options{Registry: registry(), Imports: a.importer(), Artifacts: a.artifactStore(), Limit: o.mutants, Seed: o.seed, Only: only,
		Done: func(_ mutate.Outcome, total int) { done++; bar.set(done, total) }})
	bar.end()
	if err != nil {
		return nil, err
	}
	m := &mutation{Package: r.Package, Possible: r.Possible, Tried: r.Tried, Refused: r.Refused, Killed: r.Killed, Survived: len(r.Survivors),
		Equal: len(r.Equal), Score: r.Score(), Noticed: r.Noticed(), Survivors: []mutationEntry{}, Skipped: r.Skipped}
	for _, s := range r.Survivors {
		s.Pos.File = ref + "/" + s.Pos.File
		m.Survivors = append(m.Survivors, mutationEntry{s.ID, s.Pos, s.Was, s.Is})
	}
	for _, e := range r.Stale {
		m.Stale = append(m.Stale, ref+"/"+e.Pos.String()+": "+e.Mutant)
	}
	return m, nil
}

func (a *app) textMutation(m *mutation) {
	for _, s := range m.Survivors {
		_, _ = fmt.Fprintf(a.stdout, "%s: survives: %s -> %s [%s]\n", s.Pos, s.Was, s.Is, s.ID)
	}
	for _, s := range m.Stale {
		_, _ = fmt.Fprintf(a.stdout, "%s: not equivalent, or no mutant any more\n", s)
	}
	for _, id := range m.Skipped {
		_, _ = fmt.Fprintf(a.stdout, "skipped: %s is not installed; mutants it would notice survive\n", id)
	}
	_, _ = fmt.Fprintf(a.stdout, "mutation score %.1f %%: %d of %d mutants tried, %d refused, %d killed, %d survived, %d equivalent; noticed %.1f %%\n",
		m.Score, m.Tried, m.Possible, m.Refused, m.Killed, m.Survived, m.Equal, m.Noticed)
}
