package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/store"
)

func newStateCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "state",
		Short: "What outlives a submission: counters of numbers, modes such as contingency",
	}
	c.AddCommand(newStateListCommand(a), newStateShowCommand(a), newStateSetCommand(a))
	return c
}

// stateRow is a state object in JSON.
type stateRow struct {
	Object string     `json:"object"` // environment:package:name:...
	Kind   string     `json:"kind"`
	Value  string     `json:"value"` // of a counter: the number used last
	Since  *time.Time `json:"since,omitempty"`
	By     string     `json:"by,omitempty"`
	Reason string     `json:"reason,omitempty"`
	key    string
}

// stateName is a state object as people write it.
func stateName(key string) string { return strings.ReplaceAll(key, "\x1f", ":") }

func newStateListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Counters with the number used last, modes with their value",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withState(c.Context(), func(log *store.Store, cat *engine.Catalog) error {
				rows, err := stateRows(c.Context(), log, cat)
				if err != nil {
					return err
				}
				return a.listState(rows)
			})
		},
	}
}

// withState opens the log and, as far as it can be read, what is set up.
func (a *app) withState(ctx context.Context, f func(*store.Store, *engine.Catalog) error) error {
	return a.withLog(ctx, func(log *store.Store) error {
		work, err := a.workspace(&setup{})
		if err != nil {
			a.report(err)
			return f(log, nil)
		}
		return f(log, work.Catalog)
	})
}

// stateRows returns what the log holds, and the modes of what is deployed that
// stand where they began.
func stateRows(ctx context.Context, log engine.Log, cat *engine.Catalog) ([]stateRow, error) {
	rows := map[string]stateRow{}
	if cat != nil {
		for _, r := range modesAtStart(cat) {
			rows[r.key] = r
		}
	}
	counters, err := log.Pairs(ctx, engine.BucketCounter, "")
	if err != nil {
		return nil, err
	}
	for _, p := range counters {
		rows[p.Key] = stateRow{Object: stateName(p.Key), Kind: "counter", Value: string(p.Value), key: p.Key}
	}
	cursors, err := log.Pairs(ctx, engine.BucketCursor, "")
	if err != nil {
		return nil, err
	}
	for _, p := range cursors {
		rows[p.Key] = stateRow{Object: stateName(p.Key), Kind: "cursor", Value: string(p.Value), key: p.Key}
	}
	modes, err := log.Pairs(ctx, engine.BucketMode, "")
	if err != nil {
		return nil, err
	}
	for _, p := range modes {
		r, err := modeRow(p)
		if err != nil {
			return nil, err
		}
		rows[p.Key] = r
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b stateRow) int { return cmp.Compare(a.Object, b.Object) }), nil
}

func modeRow(p engine.Pair) (stateRow, error) {
	var m engine.ModeRow
	if err := json.Unmarshal(p.Value, &m); err != nil {
		return stateRow{}, err
	}
	return stateRow{Object: stateName(p.Key), Kind: "mode", Value: m.Value, Since: &m.Since, By: m.By, Reason: m.Reason, key: p.Key}, nil
}

func modesAtStart(cat *engine.Catalog) (rows []stateRow) {
	for _, env := range []engine.Environment{engine.Test, engine.Production} {
		for _, entity := range cat.Entities() {
			for _, p := range cat.Deployed(env, entity) {
				rows = append(rows, modesOf(cat, p, entity, env)...)
			}
		}
	}
	return rows
}

// modesOf returns the modes of a package for a legal entity. One that goes by
// what only a document says has no object before there is one.
func modesOf(cat *engine.Catalog, p *engine.Package, entity string, env engine.Environment) (rows []stateRow) {
	for _, s := range p.State {
		if s.Kind != "mode" {
			continue
		}
		if key, err := cat.ModeObject(p, s.Name, entity, env); err == nil {
			rows = append(rows, stateRow{Object: stateName(key), Kind: s.Kind, Value: s.Start, key: key})
		}
	}
	return rows
}

func (a *app) listState(rows []stateRow) error {
	if text, _ := a.text(); !text {
		return a.json(map[string]any{"state": append([]stateRow{}, rows...)})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "OBJECT\tKIND\tVALUE\tSINCE\tBY\tREASON")
	for _, r := range rows {
		since := ""
		if r.Since != nil {
			since = r.Since.Local().Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Object, r.Kind, r.Value, since, r.By, r.Reason)
	}
	return w.Flush()
}

// findState returns the object that people call name.
func findState(ctx context.Context, log engine.Log, cat *engine.Catalog, name string) (stateRow, error) {
	rows, err := stateRows(ctx, log, cat)
	if err != nil {
		return stateRow{}, err
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		if names[i] = r.Object; r.Object == name {
			return r, nil
		}
	}
	return stateRow{}, exit(exitNotFound, fmt.Errorf("there is no state object %q\n    hint: %s", name, cmp.Or(diag.DidYouMean(name, names), "fiscus state list")))
}

func newStateShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show OBJECT",
		Short: "One state object with what persons and the engine did to it",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withState(c.Context(), func(log *store.Store, cat *engine.Catalog) error {
				r, err := findState(c.Context(), log, cat, args[0])
				if err != nil {
					return err
				}
				return a.showState(c.Context(), log, r)
			})
		},
	}
}

func (a *app) showState(ctx context.Context, log engine.Log, r stateRow) error {
	history := []json.RawMessage{}
	for _, bucket := range []string{engine.BucketModeLog, engine.BucketCounterLog} {
		lines, err := log.Pairs(ctx, bucket, r.key+"\x1f")
		if err != nil {
			return err
		}
		for _, l := range lines {
			history = append(history, l.Value)
		}
	}
	if text, _ := a.text(); !text {
		return a.json(struct {
			stateRow
			History []json.RawMessage `json:"history"`
		}{r, history})
	}
	if err := a.listState([]stateRow{r}); err != nil {
		return err
	}
	for _, line := range history {
		_, _ = fmt.Fprintf(a.stdout, "  %s\n", line)
	}
	return nil
}

func newStateSetCommand(a *app) *cobra.Command {
	var w word
	c := &cobra.Command{
		Use:   "set OBJECT VALUE",
		Short: "Change a mode, or move a counter forward, with a reason",
		Long: "Set a mode to one of its values, as far as the package lets an operator do that; or say that the numbers of a counter\n" +
			"up to VALUE are used already. A counter never goes back: what was drawn may be with the authority.",
		Example: "  fiscus state set test:xx/name:service:N standby --reason 'announced for the night'\n  fiscus state set test:xx/name:number:acme:1 4711 --reason 'drawn by the old system'",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withState(c.Context(), func(log *store.Store, cat *engine.Catalog) error {
				if cat == nil {
					return exitQuiet(exitFindings)
				}
				r, err := findState(c.Context(), log, cat, args[0])
				if err != nil {
					return err
				}
				return a.setState(c.Context(), log, cat, r, args[1], w.reason)
			})
		},
	}
	w.flags(c)
	return c
}

func (a *app) setState(ctx context.Context, log *store.Store, cat *engine.Catalog, r stateRow, value, reason string) error {
	e, err := logEngine(log, cat)
	if err != nil {
		return err
	}
	if r.Kind == "mode" {
		err = e.SetMode(ctx, r.key, value, who(), reason)
	} else {
		var last decimal.Decimal
		if last, err = decimal.Parse(value); err != nil {
			return exit(exitUsage, fmt.Errorf("%q is no number", value))
		}
		err = e.SetCounter(ctx, r.key, last, who(), reason)
	}
	if err != nil {
		return err
	}
	if r, err = findState(ctx, log, cat, r.Object); err != nil {
		return err
	}
	return a.say(r, "%s is %s\n", r.Object, r.Value)
}
