package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// coming is something that happens on a day.
type coming struct {
	Day         string             `json:"day"`
	Entity      string             `json:"entity"`
	Environment engine.Environment `json:"environment"`
	Says        string             `json:"says"`
}

func newCalendarCommand(a *app) *cobra.Command {
	n := 0
	c := &cobra.Command{
		Use:   "calendar",
		Short: "What comes in force, and which certificates end, in the next days",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if n < 1 {
				return exit(exitUsage, fmt.Errorf("--days %d: at least one day", n))
			}
			work, err := a.workspace(&setup{})
			if err != nil {
				return err
			}
			list, err := a.coming(work, time.Now(), n)
			if err != nil {
				return err
			}
			if text, err := a.text(); err != nil || !text {
				if err == nil {
					err = a.json(map[string]any{"days": n, "coming": list})
				}
				return err
			}
			for _, x := range list {
				_, _ = fmt.Fprintf(a.stdout, "%s  %s (%s): %s\n", x.Day, x.Entity, x.Environment, x.Says)
			}
			_, err = fmt.Fprintf(a.stdout, "%s in %s\n", plural(len(list), "change", "changes"), plural(n, "day", "days"))
			return err
		},
	}
	c.Flags().IntVar(&n, "days", 90, "how many days to look ahead")
	return c
}

// coming lists what happens from today, as the legal entity's zone has it.
func (a *app) coming(work *workspace.Workspace, now time.Time, days int) ([]coming, error) {
	store, err := a.keyStore()
	if err != nil {
		return nil, err
	}
	out := []coming{}
	for _, id := range work.Catalog.Entities() {
		e := work.Catalog.Entity(id)
		here := now.In(e.Zone())
		first, last := civil.DateOf(here), civil.DateOf(here.AddDate(0, 0, days))
		for _, env := range environments {
			add := func(day civil.Date, says string) {
				if day.Compare(first) >= 0 && day.Compare(last) <= 0 {
					out = append(out, coming{day.String(), id, env, says})
				}
			}
			for _, u := range work.Uses(env, e) {
				add(u.From, fmt.Sprintf("%s@%s comes in force", u.Package, u.Version))
			}
			for _, p := range work.Catalog.Deployed(env, id) {
				scope := work.Catalog.Outside(p, engine.Outside{Environment: env, Entity: id, Keys: store})
				for i := range p.Parameters {
					if v, err := parameter(scope, p.Parameters[i].Name); err == nil && isCertificate(&p.Parameters[i]) && v != nil {
						if pair, err := store.Key(v); err == nil {
							add(civil.DateOf(pair.Leaf.NotAfter.In(e.Zone())), fmt.Sprintf("certificate %s for %s ends", p.Parameters[i].Name, p.ID))
						}
					}
				}
			}
		}
	}
	slices.SortStableFunc(out, func(x, y coming) int { return cmp.Compare(x.Day, y.Day) })
	return out, nil
}
